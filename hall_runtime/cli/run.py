# SPDX-License-Identifier: Apache-2.0
"""`projectionist run`: the runtime of a real site, until it is asked to end."""

import asyncio
import gc
import signal

import typer

from hall_runtime.cli.common import DEFAULT_CONFIG, ConfigOption, configuration, told
from hall_runtime.config import SiteConfig


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the site of a configuration. SIGTERM or Ctrl-C ends it in stages; a running show runs on."""
    from adapters.store.site import open_site
    from hall_runtime.saying import set_up_saying

    site = configuration(config)
    set_up_saying()
    with told():
        open_site(site.state)
        asyncio.run(_run(site))
    typer.echo("ended")


async def _run(site: SiteConfig) -> None:
    from hall_runtime.bootstrap import site_runtime

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with site_runtime(site):
        # What was made so far lives as long as the process: the collector of garbage need not walk it ever again,
        # while every hall waits.
        gc.freeze()
        await stop.wait()
