# SPDX-License-Identifier: Apache-2.0
"""What the site keeps on this machine: its state directory, its databases, its authority, and who may read them."""

import os
import pwd
import shutil
import sqlite3
import stat
from contextlib import closing
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from adapters.ssh.authority import Authority, passphrase_from_environment
from adapters.ssh.errors import AuthorityError, PassphraseMissing, PassphraseWrong
from adapters.store.apps import StoreConfig
from adapters.store.errors import SiteLocked, StateUnusable
from adapters.store.lock import SiteLock
from adapters.store.site import LOG_FILE, SITE_FILE
from hall_runtime.doctor.finding import Finding, Mark, well, worse, wrong
from hall_runtime.doctor.judge import judged_disk

_BUSY_S = 2.0
AS_THE_SITE = (
    "systemd-run --pipe --wait --collect -p User={user} "
    "-p LoadCredential=ca-passphrase:/etc/projectionist/ca-passphrase "
    "/opt/projectionist/.venv/bin/projectionist doctor"
)
"""How root has the doctor look as the site's own user, with the authority's passphrase."""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def state_directory(state: Path) -> Finding:
    """Judge owner and mode. Somebody else's directory is left alone: a file of ours in it would lock its owner out."""
    try:
        facts = state.stat()
    except FileNotFoundError:
        mend = f"it is made at the first start; or, as the site's user: install -d -m 0700 {state}"
        return worse("state directory", f"{state} is not there yet", mend)
    except OSError as failed:
        return wrong("state directory", f"{state}: {failed.strerror}", "run doctor as the site's user")
    if not stat.S_ISDIR(facts.st_mode):
        return wrong("state directory", f"{state} is no directory", "name another one: [site] state")
    owner = _user(facts.st_uid)
    if facts.st_uid != os.geteuid():
        how = f"{state} belongs to {owner}, and doctor runs as {_user(os.geteuid())}"
        return wrong("state directory", how, f"look as that user: {AS_THE_SITE.format(user=owner)}")
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077:
        return wrong("state directory", f"{state} has mode {mode:04o}: others may look in", f"chmod 0700 {state}")
    return well("state directory", f"{state}, mode {mode:04o}, ours")


def disk(state: Path) -> Finding:
    """Judge the room on the disk of the state directory, or of what will hold it."""
    place = next(path for path in (state, *state.absolute().parents) if path.exists())
    usage = shutil.disk_usage(place)
    return judged_disk(usage.total, usage.used, usage.free)


def runtime(state: Path) -> Finding:
    """Say whether a runtime holds the site."""
    try:
        with SiteLock(state):
            return well("runtime", "none runs on this site")
    except SiteLocked as held:
        return well("runtime", str(held).partition(";")[0])
    except StateUnusable as failed:
        return wrong("runtime", str(failed), f"give the file to this user: chown {_user(os.geteuid())}")


def _needed() -> set[str]:
    """Return the names of the store's migrations."""
    files = resources.files("adapters.store.migrations").iterdir()
    return {file.name.removesuffix(".py") for file in files if file.name[:1].isdigit()}


def judged_migrations(about: str, applied: set[str]) -> Finding | None:
    """Judge whether a database is of another release than we are; None: it is of ours."""
    if _needed() - applied:
        mend = "any command brings it up to date by itself: projectionist halls --once"
        return worse(about, f"lacks {', '.join(sorted(_needed() - applied))}", mend)
    if applied - _needed():
        how = f"was written by a newer release: it has {', '.join(sorted(applied - _needed()))}"
        return wrong(about, how, "install that release again; an older one must not write here")
    return None


def database(path: Path) -> Finding:
    """Judge one SQLite file, read only."""
    about = f"database {path.name}"
    if not path.exists():
        return worse(about, "is not there yet", "it is made at the first start")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_BUSY_S)) as opened:
            journal = opened.execute("PRAGMA journal_mode").fetchone()[0]
            rows = opened.execute("SELECT name FROM django_migrations WHERE app = ?", (StoreConfig.label,))
            applied = {str(name) for (name,) in rows}
    except sqlite3.Error as failed:
        mend = f"end the runtime, keep {path} aside, and restore it from its backup"
        return wrong(about, f"cannot be read: {failed}", mend)
    if unlike := judged_migrations(about, applied):
        return unlike
    if journal != "wal":
        return wrong(about, f"journal mode {journal}, expected wal", f"sqlite3 {path} 'PRAGMA journal_mode=WAL'")
    return well(about, "readable, in WAL mode, up to date")


def databases(state: Path) -> list[Finding]:
    """Judge both."""
    return [database(state / name) for name in (LOG_FILE, SITE_FILE)]


def authority(path: Path) -> tuple[list[Finding], Authority | None]:
    """Judge the certificate authority and its passphrase; hand it out when it opens. Half a second of CPU."""
    try:
        passphrase = passphrase_from_environment()
    except PassphraseMissing as missing:
        mend = f"for doctor alone, as root: {AS_THE_SITE.format(user=_user(os.geteuid()))}"
        findings = [wrong("authority's passphrase", str(missing), mend)]
        passphrase = ""
    else:
        findings = [well("authority's passphrase", "is there")]
    try:
        opened = Authority.load(path, passphrase)
    except PassphraseWrong as shut:
        if passphrase:
            return [*findings, wrong("authority", str(shut), "give the passphrase it was made with")], None
        return [*findings, well("authority", f"{path}: private, encrypted")], None
    except AuthorityError as failed:
        mend = "" if path.exists() else "projectionist keys init"
        return [*findings, wrong("authority", str(failed), mend)], None
    return [*findings, well("authority", f"{path}: private, encrypted, opens")], opened


def programs() -> Finding:
    """Judge what the site runs beside itself."""
    if shutil.which("ssh-keygen") is None:
        return worse("ssh-keygen", "is missing: `keys revoke` cannot work", "apt-get install -y openssh-client")
    return well("ssh-keygen", "is there")


def any_failed(findings: list[Finding]) -> bool:
    """Tell whether something does not work."""
    return any(each.mark is Mark.FAIL for each in findings)
