# SPDX-License-Identifier: Apache-2.0
"""`projectionist doctor`: what could keep a site from running, and how to mend each."""

import typer


def doctor() -> None:
    typer.echo("")
