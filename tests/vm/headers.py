# SPDX-License-Identifier: Apache-2.0
"""Headers of kernels that our modules are compiled for: those installed here, and those of the release's backports.

The latter are fetched and unpacked, never installed: their package wants the kernel itself beside it.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.vm.places import BenchFailed, made, run

_PACKAGE = "linux-headers-amd64"
_SUITES = ("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages")


def installed_headers() -> list[Path]:
    """Return the directories of the headers that are installed."""
    return sorted(Path("/lib/modules").glob("*/build"))


def newer_headers() -> Path | None:
    """Return the directory of the backported headers; None: apt cannot reach any."""
    with TemporaryDirectory(prefix="reel-apt-") as name:
        apt = _Backports(Path(name))
        headers = apt.headers()
        if headers is None:
            return None
        place = made("headers", headers, lambda new: apt.unpack(headers, new))
    return place / "usr" / "src" / headers


class _Backports:
    """An apt that knows the backports of this machine's release and nothing else, and keeps to a directory."""

    def __init__(self, directory: Path) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (directory / name).mkdir(parents=True)
        codename = run("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").strip()
        known = [line.split() for line in run(*_SUITES).splitlines()]
        sites = sorted({site for site, *suite in known if suite == [codename, "main"]})
        sources = directory / "sources.list"
        sources.write_text("".join(f"deb {site} {codename}-backports main\n" for site in sites))
        self._options = [
            *("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-"),
            *("-o", f"Dir::State::lists={directory / 'lists'}", "-o", f"Dir::Cache={directory / 'cache'}"),
            *("-o", "Dir::State::status=/dev/null", "-o", "APT::Sandbox::User=root"),
        ]

    def headers(self) -> str | None:
        """Return the name of the package with the newest headers."""
        try:
            run("apt-get", *self._options, "update", "-qq")
            return self._wanted_by(_PACKAGE, "linux-headers")
        except BenchFailed:
            return None

    def _wanted_by(self, package: str, kind: str) -> str:
        shown = run("apt-cache", *self._options, "show", "--no-all-versions", package)
        found = re.search(rf"^Depends: .*?({kind}-[^ ,]+)", shown, re.MULTILINE)
        if found is None:
            raise BenchFailed(f"{package} depends on no {kind}: {shown}")
        return found[1]

    def unpack(self, headers: str, new: Path) -> None:
        common = headers.removesuffix("-amd64") + "-common"
        wanted = (headers, common, self._wanted_by(headers, "linux-kbuild"))
        run("apt-get", *self._options, "download", "-qq", *wanted, cwd=new)
        for package in sorted(new.glob("*.deb")):
            run("dpkg-deb", "-x", package, new)
            package.unlink()
        makefile = new / "usr" / "src" / headers / "Makefile"
        beside = "include $(dir $(abspath $(lastword $(MAKEFILE_LIST))))../"
        makefile.write_text(makefile.read_text().replace("include /usr/src/", beside))
        (makefile.parent / "vmlinux").unlink(missing_ok=True)  # only for debugging information that is not wanted here
