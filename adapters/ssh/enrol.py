# SPDX-License-Identifier: Apache-2.0
"""One reviewable script that root runs on a server, so that it obeys this site's controller."""

import re
from dataclasses import dataclass
from importlib.resources import files
from ipaddress import ip_network
from shlex import quote

import asyncssh

from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_PRINCIPAL
from adapters.ssh.krl import KRL_PRINCIPAL
from adapters.ssh.watch import UDEVADM, WATCH_PRINCIPAL, watch_command

ACCOUNT = "reel"
LIB_DIR = "/usr/local/lib/reel"
CONF_DIR = "/etc/reel"
STATE_DIR = "/var/lib/reel"
DEPLOY_DIR = "/var/lib/reel-deploy"
KRL_COMMAND = f"{LIB_DIR}/reel-krl {STATE_DIR}/revoked.krl"
"""The force-command of certificates that push the list of revoked keys."""

RELEASE_NAMESPACE = "reel-release"
"""What signatures of releases are made for (`ssh-keygen -Y sign -n`): one for anything else is no good."""

_IDENTITY = re.compile(r"[A-Za-z0-9@._+-]{1,64}")
_NAME = re.compile(r"[a-z0-9]{1,16}")
_DIRECTORY = re.compile(r"(/[A-Za-z0-9._-]+)+")
_PROGRAMS = {
    "agent_program": "reel-agent",
    "legacy_program": "reel-agent-legacy.sh",
    "krl_program": "reel-krl",
}
_DEPLOY_PROGRAMS = {
    "deploy_program": "reel-deploy",
    "deploy_release_part": "reel-deploy-release.sh",
    "deploy_module_part": "reel-deploy-module.sh",
    "deploy_probe_part": "reel-deploy-probe.sh",
    "deploy_boot_part": "reel-deploy-boot.sh",
}
_END = "REEL_END_OF_PROGRAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolPlan:
    """What a server is enrolled for.

    `seats` are the (hall, role) pairs that it serves; `authority_line` is the site's user CA, `ssh-ed25519 AAAA…`;
    `controllers` are the addresses or networks that the controller comes from; `devices` holds HALL-ROLE directories.
    `watched` names the kernel subsystem whose events a watch link carries; it is empty where there is no such device.
    `signers` are those whose releases it takes, `IDENTITY ssh-ed25519 AAAA…`; without any it takes no deployments, and
    root's login stays as it is.
    """

    server: str
    seats: tuple[tuple[str, str], ...]
    authority_line: str
    controllers: tuple[str, ...]
    devices: str = "/sys/class/reel"
    watched: str = ""
    signers: tuple[str, ...] = ()


def agent_command(hall: str, role: str) -> str:
    """Return the force-command of control certificates for a server that was enrolled."""
    return f"{LIB_DIR}/reel-agent {hall} {role}"


def enrolment_script(plan: EnrolPlan) -> str:
    """Return the script: POSIX sh, for root, on Debian 12 or newer; it can be run again at any time.

    Raises:
        ValueError: a part of the plan that has no place in a script.
    """
    settings = {
        "server": _checked("server", plan.server, _NAME),
        "account": ACCOUNT,
        "lib_dir": LIB_DIR,
        "conf_dir": CONF_DIR,
        "state_dir": STATE_DIR,
        "deploy_dir": DEPLOY_DIR,
        "devices": _checked("devices", plan.devices, _DIRECTORY),
        "authority": _authority(plan.authority_line),
        "controllers": _controllers(plan.controllers),
        "principals": _principals(plan),
        "udevadm": UDEVADM if plan.watched else "",
        "signers": "\n".join(_signer(line) for line in plan.signers),
        "root_principals": "\n".join(_ROOTS) if plan.signers else "",
    }
    here = files("adapters.ssh")
    programs = _PROGRAMS | (_DEPLOY_PROGRAMS if plan.signers else {})
    parts = (
        "#!/bin/sh",
        f"# Enrols the server {plan.server} with Projectionist. Read it, then run it there as root.",
        "set -eu",
        *(f"{name}={quote(value)}" for name, value in settings.items()),
        "",
        here.joinpath("enrol.sh").read_text("utf-8"),
        *(_program(name, here.joinpath("agent", file).read_text("utf-8")) for name, file in programs.items()),
        "main",
        "",
    )
    return "\n".join(parts)


def _checked(what: str, text: str, allowed: re.Pattern[str]) -> str:
    if not allowed.fullmatch(text):
        raise ValueError(f"{what} is {allowed.pattern}, not {text!r}")
    return text


def _authority(line: str) -> str:
    try:
        key = asyncssh.import_public_key(line)
    except asyncssh.KeyImportError as wrong:
        raise ValueError(f"the user CA is a line 'ssh-ed25519 AAAA…', not {line[:80]!r}") from wrong
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])


def _signer(line: str) -> str:
    """Return a line of OpenSSH's `allowed_signers`: good for releases, and for nothing else."""
    identity, _, key_line = line.strip().partition(" ")
    _checked("a signer's identity", identity, _IDENTITY)
    try:
        key = asyncssh.import_public_key(key_line)
    except asyncssh.KeyImportError as wrong:
        raise ValueError(f"a signer is a line 'IDENTITY ssh-ed25519 AAAA…', not {line[:80]!r}") from wrong
    words = key.export_public_key("openssh").decode("ascii").split()[:2]
    return f'{identity} namespaces="{RELEASE_NAMESPACE}" {" ".join(words)}'


def _controllers(addresses: tuple[str, ...]) -> str:
    if not addresses:
        raise ValueError("name at least one address that the controller comes from")
    return ",".join(str(ip_network(address)) for address in addresses)


def _principals(plan: EnrolPlan) -> str:
    """Tie each principal to its own command: not even the CA's holder can run another one on this server."""
    if not plan.seats:
        raise ValueError("a server serves at least one hall")
    lines = []
    for hall, role in plan.seats:
        _checked("hall", hall, _NAME)
        _checked("role", role, re.compile("projection|sound"))
        lines.append(_principal(f"reel-{hall}-{role}", agent_command(hall, role)))
    if plan.watched:
        lines.append(_principal(WATCH_PRINCIPAL, watch_command(plan.watched)))
    if not plan.signers:
        lines.append(_principal(KRL_PRINCIPAL, KRL_COMMAND))
    return "\n".join(lines)


def _principal(name: str, command: str) -> str:
    return f'restrict,command="{command}" {name}'


_ROOTS = (_principal(DEPLOY_PRINCIPAL, DEPLOY_COMMAND), _principal(KRL_PRINCIPAL, KRL_COMMAND))
"""Who logs in as root on a server that takes deployments; without them the account itself takes revoked keys."""


def _program(name: str, text: str) -> str:
    if _END in text or not text.endswith("\n"):
        raise ValueError(f"{name} cannot be embedded: it must end its last line and not contain {_END}")
    return f"{name}() {{\n    cat <<'{_END}'\n{text}{_END}\n}}\n"
