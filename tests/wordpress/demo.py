# SPDX-License-Identifier: Apache-2.0
"""`make wp-demo`: the multiplex of `make demo`, and a WordPress beside it in which the plugin is active."""

import argparse
import asyncio
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.support.demo_process import demo
from tests.support.ports import free_port
from tests.wordpress.wordpress import PEOPLE, ROLES, SITE, Booth, WordPress, wordpress

_PAGE = (
    "wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Tonight',"
    " 'post_name' => 'tonight', 'post_content' => '<!-- wp:projectionist/board {\"align\":\"wide\"} /-->']);"
)
_MAY = {"operate": "may acknowledge, reset and shelve", "view": "may look", "": "sees no halls"}


async def run(port: int, for_s: float | None) -> None:
    """Run both until Ctrl-C, or for so long."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        print("starting the multiplex", flush=True)
        async with demo(place / "demo", origins=f"http://127.0.0.1:{port}") as running:
            print("starting WordPress", flush=True)
            booth = Booth(SITE, running.url, await running.token("operate"))
            with wordpress(place / "wordpress", [booth], port=port) as press:
                press.run(_PAGE)
                print(words(press, running.url), flush=True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(for_s):
                        await stop.wait()


def words(press: WordPress, booth: str) -> str:
    """Return where everything is, and who may log in."""
    people = [f"  {'admin':9} {_MAY['operate']}, and changes the settings"]
    people += [f"  {name:9} {_MAY[ROLES.get(role, '')]}" for name, role in PEOPLE.items()]
    return "\n".join(
        (
            "",
            f"WordPress: {press.url}/wp-admin/admin.php?page=projectionist",
            f"  a page with the block: {press.url}/tonight/",
            f"  the wall: {press.url}/?projectionist_wall={SITE}",
            f"log in with the password {press.password} as",
            *people,
            f"the booth: {booth}",
            "In Hall 2 the film breaks; it waits for somebody to acknowledge and reset. Ctrl-C ends everything.",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of WordPress; 0 takes a free one")
    parser.add_argument("--for", dest="for_s", type=float, help="end after so many seconds")
    asked = parser.parse_args()
    asyncio.run(run(asked.port or free_port(), asked.for_s))


if __name__ == "__main__":
    main()
