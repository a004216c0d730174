# SPDX-License-Identifier: Apache-2.0
"""`projectionist doctor`: what could keep a site from running, and how to mend each."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from hall_runtime.cli.common import DEFAULT_CONFIG, ConfigOption, configuration

if TYPE_CHECKING:
    from hall_runtime.doctor.finding import Finding

_LOOKS = {"ok": ("✓ ok", "green"), "warn": ("! warn", "yellow"), "fail": ("✗ fail", "bold red")}


def _lines(finding: "Finding", width: int) -> Text:
    """Return a finding as one line, and what mends it as a second that can be copied whole."""
    sign, style = _LOOKS[finding.mark]
    text = Text(f"{sign:<7}", style=style)
    text.append(f"{finding.about:<{width}}  {finding.words}", style="default")
    if finding.mend:
        text.append(f"\n       → {finding.mend}", style="cyan")
    return text


def _sum(findings: "Sequence[Finding]") -> str:
    warned, failed = (sum(each.mark == mark for each in findings) for mark in ("warn", "fail"))
    if failed:
        return f"{failed} of {len(findings)} things do not work, {warned} could be better"
    return f"{len(findings)} things looked at: " + (f"{warned} could be better" if warned else "all is well")


def doctor(
    servers: Annotated[bool, typer.Option(help="Ask every server too, each within some ten seconds.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Look for what could keep the site from running, and say how to mend each. Status 1: something does not work."""
    site = configuration(config)
    from hall_runtime.doctor.examine import examined
    from hall_runtime.doctor.files import any_failed

    findings = asyncio.run(examined(site, ask_servers=servers))
    console = Console(highlight=False)
    width = max(len(each.about) for each in findings)
    for each in findings:
        console.print(_lines(each, width), soft_wrap=True)
    console.print(_sum(findings))
    if any_failed(findings):
        raise typer.Exit(1)
