# SPDX-License-Identifier: Apache-2.0
"""What a projectionist does for a show in a hall of a guest, waited for at the runtime."""

from statemachines.words import Role, State
from tests.vm.cinema import GuestCinema


def threaded(site: GuestCinema, hall: str) -> None:
    """Film goes in, READY is pressed, the lamp strikes: everything is there for a start."""
    site.guest_of(hall).sim(hall, "thread", f"35 {site.feet}")
    site.until_state(hall, State.THREADING)
    site.guest_of(hall).sim(hall, "press", "ready")
    site.until(
        f"{hall} can start",
        lambda: site.hall(hall).projector.lamp == "lit" and all(site.hall(hall).device(role).link.up for role in Role),
    )


def project(site: GuestCinema, hall: str) -> None:
    """A show is begun, and its picture is on the screen."""
    threaded(site, hall)
    site.guest_of(hall).sim(hall, "press", "start")
    site.until("the picture is on the screen", lambda: site.hall(hall).projector.dowser_open)
    site.until("every command is answered", lambda: site.is_settled(hall))
