# SPDX-License-Identifier: Apache-2.0
"""Posting to a webhook: one request, one connection, one time limit over all of it.

By hand because the limits of the library's clients count anew with every byte, and because a redirect must not be
followed: what is posted is for the address that was configured.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

LIMIT_S = 5.0
_LINE_MOST = 1024


class NotTaken(Exception):
    """A message did not arrive. The words name the host, never the whole address: it may hold a secret."""


async def post(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post JSON to an http or https address, which answers 2xx within 5 s.

    Raises:
        NotTaken: it does not.
    """
    host = urlsplit(address).hostname or ""
    try:
        async with asyncio.timeout(LIMIT_S):
            status = await _status(address, body, headers)
    except TimeoutError:
        raise NotTaken(f"{host} did not answer within {LIMIT_S:.0f} s") from None
    except ssl.SSLError as wrong:
        raise NotTaken(f"{host} could not be trusted: {wrong.reason or 'TLS failed'}") from None
    except OSError as wrong:
        raise NotTaken(f"{host} could not be reached: {_why(wrong)}") from None
    if not 200 <= status < 300:
        raise NotTaken(f"{host} answered {status}; 2xx was expected")


async def _status(address: str, body: bytes, headers: Mapping[str, str]) -> int:
    parts = urlsplit(address)
    host = parts.hostname or ""
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=_LINE_MOST)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        told = {
            "Host": parts.netloc,
            "User-Agent": "projectionist",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body)
        await writer.drain()
        return await _status_line(reader, host)
    finally:
        writer.transport.abort()  # nothing more is wanted of it, not even a polite end


def _why(wrong: OSError) -> str:
    if isinstance(wrong, socket.gaierror):
        return "its name is not known"
    return os.strerror(wrong.errno) if wrong.errno else "no address of it can be connected to"


async def _status_line(reader: asyncio.StreamReader, host: str) -> int:
    try:
        line = await reader.readline()
    except ValueError:  # longer than the limit
        line = b""
    version, _, rest = line.partition(b" ")
    status = rest[:3]
    if not (version.startswith(b"HTTP/1.") and status.isdigit()):
        raise NotTaken(f"{host} gave no answer that is HTTP")
    return int(status)
