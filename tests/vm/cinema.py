# SPDX-License-Identifier: Apache-2.0
"""A cinema with halls in a guest and halls of the simulated booth beside them, under one runtime.

with VmCinema(tmp_path, guest) as site:
    site.start()
    guest.sim("h1", "thread", f"35 {site.feet}")
    site.until_state("h1", State.THREADING)
    site.do("local1 insert")
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from tests.support.multiplex import Multiplex
from tests.vm.guest import Guest


class GuestCinema(Multiplex):
    """Some of its halls are in guests. `feet` is the length of the film there."""

    feet: int

    def guest_of(self, hall: str) -> Guest:
        """Return the guest that a hall is in."""
        raise NotImplementedError


class VmCinema(GuestCinema):
    """As Multiplex; `guest_halls` are in the guest, `local` are the booth's. All film runs at the guest's speed."""

    def __init__(
        self,
        directory: Path,
        guest: Guest,
        *,
        guest_halls: Sequence[str] = ("h1",),
        local: Sequence[str] = ("local1",),
        feet: int = 100,
        rotate_s: tuple[float, float] = (540, 600),
    ) -> None:
        super().__init__(directory, halls=local, feet=feet, fps=guest.plan.fps_milli // 1000, rotate_s=rotate_s)
        self.guest, self.guest_halls, self.feet = guest, tuple(guest_halls), feet
        self.halls += self.guest_halls

    @override
    def guest_of(self, hall: str) -> Guest:
        return self.guest

    @override
    def _site_toml(self, authority: Path) -> str:
        self.guest.trust(self._user_ca)
        return super()._site_toml(authority) + guest_toml(
            self.guest, {hall: f"Hall {hall}" for hall in self.guest_halls}, self.feet
        )


def guest_toml(guest: Guest, halls: Mapping[str, str], feet: int) -> str:
    """Return the part of a `cinema.toml` for halls of a guest (id: name): it is both of their servers, and watched."""
    parts = [guest_server(server, guest) for server in ("vmp", "vms")]
    parts += [guest_hall(hall, name, "vmp", "vms", feet) for hall, name in halls.items()]
    return "\n".join(parts) + "\n"


def guest_server(server: str, guest: Guest, port: int = 0) -> str:
    """Return the part for a server that is a guest, reached at its own port or another way."""
    return (
        f'[[servers]]\nid = "{server}"\nhost = "{guest.host}"\nport = {port or guest.port}\n'
        f'host_key = "{guest.host_key}"\nwatch = true'
    )


def guest_hall(hall: str, name: str, projection: str, sound: str, feet: int) -> str:
    """Return the part for a hall on these servers."""
    return (
        f'[[halls]]\nid = "{hall}"\nname = "{name}"\nprojection = "{projection}"\nsound = "{sound}"\n'
        f"programme = {{ gauge = 35, feet = [{feet}] }}"
    )
