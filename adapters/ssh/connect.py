# SPDX-License-Identifier: Apache-2.0
"""The one way to open an SSH connection, with a hard limit; asyncssh's errors become ours here."""

import asyncio

import asyncssh
from typing_extensions import override

from adapters.ssh.credential import Credential
from adapters.ssh.errors import CredentialRefused, HostKeyRefused, LinkError, Unreachable, readable
from adapters.ssh.hostkeys import ServerAddress, TrustedKeys, trusted_keys

_KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org")
_CIPHERS = ("aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com")
"""AES first: on both ends the processor does it, and in Python a packet costs a fifth of what ChaCha20 does."""
_PLAIN, _SIGNED = "ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"
_FOREIGN = (
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
)
"""Never trusted; asked for last, so that a server without an Ed25519 key is told from one that hangs up."""


class _Client(asyncssh.SSHClient):
    """Remembers which key the server showed, so that people can be told; it trusts nothing by itself."""

    def __init__(self) -> None:
        self.shown = ""

    @override
    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = f"key {key.get_fingerprint()}"
        return False

    @override
    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = f"a certificate of host CA {key.get_fingerprint()}"
        return False


async def open_connection(
    address: ServerAddress, credential: Credential, *, limit_s: float
) -> asyncssh.SSHClientConnection:
    """Connect and authenticate within `limit_s` seconds.

    Raises:
        CredentialRefused: the server did not take the certificate.
        HostKeyRefused: the server showed another key than the configured ones.
        Unreachable: everything else, the limit included.
        ValueError: the configured host keys cannot be read.
    """
    trusted = trusted_keys(address)
    client = _Client()
    try:
        async with asyncio.timeout(limit_s):
            return await _connect(address, credential, trusted, client)
    except TimeoutError as late:
        raise Unreachable(str(address), f"no session within {limit_s:g} s") from late
    except (asyncssh.Error, OSError, UnicodeError) as wrong:
        raise _ours(wrong, address, credential, trusted, client) from wrong


async def open_session(
    address: ServerAddress,
    credential: Credential,
    session: asyncssh.SSHClientSession[bytes],
    command: str,
    *,
    limit_s: float,
) -> asyncssh.SSHClientConnection:
    """Connect, authenticate and open one channel for `session`, all within `limit_s` seconds.

    `command` is a name for people who read the server's log: the certificate's force-command takes its place.

    Raises:
        CredentialRefused, HostKeyRefused, Unreachable, ValueError: see `open_connection`.
    """
    ends_at = asyncio.get_running_loop().time() + limit_s
    connection = await open_connection(address, credential, limit_s=limit_s)
    try:
        async with asyncio.timeout_at(ends_at):
            await connection.create_session(lambda: session, command, encoding=None)
    except (TimeoutError, asyncssh.Error, OSError) as wrong:
        connection.abort()
        raise Unreachable(str(address), f"no channel: {readable(str(wrong)) or type(wrong).__name__}") from wrong
    except asyncio.CancelledError:
        connection.abort()
        raise
    return connection


async def closed_within(connection: asyncssh.SSHClientConnection, limit_s: float) -> None:
    """Wait until a connection that is being closed has ended; after `limit_s` seconds end it by force. Never raises."""
    try:
        async with asyncio.timeout(limit_s):
            await connection.wait_closed()
    except TimeoutError:
        connection.abort()


async def _connect(
    address: ServerAddress, credential: Credential, trusted: TrustedKeys, client: _Client
) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        address.host,
        address.port,
        config=None,
        client_factory=lambda: client,
        username=address.user,
        known_hosts=trusted.known_hosts(),
        x509_trusted_certs=None,
        x509_trusted_cert_paths=None,  # or it looks into the home directory, which a service may not even see
        client_keys=[(credential.key, credential.certificate)],
        agent_path=None,
        preferred_auth="publickey",
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_auth=False,
        gss_kex=False,
        disable_trivial_auth=True,
        kex_algs=_KEX,
        encryption_algs=_CIPHERS,
        server_host_key_algs=(*((_PLAIN, _SIGNED) if trusted.pinned else (_SIGNED, _PLAIN)), *_FOREIGN),
        compression_algs=None,
        # The owner's pings on the channel measure more than keepalives do: that the agent lives.
        keepalive_interval=0,
        connect_timeout=None,
        login_timeout=0,
    )


def _ours(
    wrong: Exception, address: ServerAddress, credential: Credential, trusted: TrustedKeys, client: _Client
) -> LinkError:
    server = str(address)
    match wrong:
        case asyncssh.PermissionDenied():
            return CredentialRefused(server, credential.facts())
        case asyncssh.HostKeyNotVerifiable():
            shown = client.shown or f"a host certificate with this flaw: {wrong.reason}"
            return HostKeyRefused(server, trusted.expected(), shown)
        case _:
            return Unreachable(server, readable(str(wrong)) or type(wrong).__name__)
