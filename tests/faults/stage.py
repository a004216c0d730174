# SPDX-License-Identifier: Apache-2.0
"""A multiplex whose servers are reached over ways that a nemesis has in its hands."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from statemachines.hall import Hall
from statemachines.record import Record
from statemachines.words import Motor, Role, State
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.namespaces import Cables
from tests.faults.nemesis.proxy import Proxy
from tests.support.multiplex import Multiplex

FPS = 600
FEET = 20_000
"""320,000 frames: a show of nine minutes at this speed, long enough for many troubles in its middle."""


@contextmanager
def over_proxies(
    directory: Path, deeds: Deeds, *, feet: int = FEET, rotate_s: tuple[float, float] = (540, 600)
) -> Iterator[tuple[Multiplex, dict[Role, Proxy]]]:
    """One hall; a real sshd that is reached over a proxy for each role."""
    with ExitStack() as opened:
        site = opened.enter_context(Multiplex(directory, feet=feet, fps=FPS, rotate_s=rotate_s, sshd=True))
        assert site.sshd is not None
        target = (site.sshd.host, site.sshd.port)
        proxies = {role: opened.enter_context(Proxy(deeds, role, target)) for role in Role}
        ends = {role: (site.sshd.host, proxy.port) for role, proxy in proxies.items()}
        site.config.write_text(_rewired(site, ends), encoding="utf-8")
        yield site, proxies


@contextmanager
def over_cables(directory: Path, deeds: Deeds, *, feet: int = FEET) -> Iterator[tuple[Multiplex, Cables]]:
    """One hall; real sshd in a namespace of its own, reached over one cable for each role. Needs root.

    Cable 0 is the way to the projection server, cable 1 to the sound server.
    """
    with ExitStack() as opened:
        cables = opened.enter_context(Cables(deeds, count=len(Role)))
        site = Multiplex(directory, feet=feet, fps=FPS, sshd=True)
        with cables.there.entered():
            opened.enter_context(site)
            assert site.sshd is not None
            with (site.sshd.root / "sshd_config").open("a") as config:
                config.writelines(f"ListenAddress {address}\n" for address in cables.addresses)
            site.sshd.restart()
        ends = {role: (address, site.sshd.port) for role, address in zip(Role, cables.addresses, strict=True)}
        site.config.write_text(_rewired(site, ends), encoding="utf-8")
        yield site, cables


def _rewired(site: Multiplex, ends: Mapping[Role, tuple[str, int]]) -> str:
    """Return the site's configuration with a server for each role, at the end (host, port) of its own way."""
    assert site.sshd is not None
    text = site.config.read_text(encoding="utf-8")
    head, found, tail = text.partition('[[servers]]\nid = "sshd"\n')
    assert found, text
    one, blank, rest = tail.partition("[[halls]]")
    servers = "".join(
        f'[[servers]]\nid = "{role.value}"\n'
        + one.replace(site.sshd.host, host).replace(f"port = {site.sshd.port}\n", f"port = {port}\n")
        for role, (host, port) in ends.items()
    )
    halls = "".join((blank, rest))
    for role in Role:
        halls = halls.replace(f'{role} = "sshd"', f'{role} = "{role.value}"')
    return f"{head}{servers}{halls}"


def is_standing(hall: Hall, alarm: str) -> bool:
    """Tell whether an alarm is active, acknowledged or not."""
    return any(each.name == alarm and not each.state.startswith("returned") for each in hall.alarms)


def since(rows: Sequence[Record], at_ns: int) -> list[Record]:
    """Return the rows from a moment on (ns of the wall clock)."""
    return [row for row in rows if row.at_ns >= at_ns]


def goes_on(site: Multiplex, for_s: float) -> None:
    """The picture stays on the screen and the film runs, for as long as that."""
    before = site.device("h1").frame
    site.until("the film has run on", lambda: site.device("h1").frame >= before + round(for_s * FPS), for_s + 10)
    now = site.device("h1")
    assert (now.dowser_open, now.motor, site.hall("h1").state) == (True, Motor.RUN, State.PROJECTING)
