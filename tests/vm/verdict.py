# SPDX-License-Identifier: Apache-2.0
"""What every test is held to, whatever else it is about: its guests live on, and their kernels do not complain."""

from tests.vm.guest import Guest


def verdict(guest: Guest) -> str:
    """Return what is wrong with a guest at the end of its test, with its console; empty: nothing."""
    if guest.end_expected:
        return ""
    if guest.state != "running":
        return f"the guest {guest.state} by itself; its console:\n{guest.console}"
    return f"the guest's kernel complained; its console:\n{guest.console}" if guest.complaints() else ""
