# SPDX-License-Identifier: Apache-2.0
"""Hearing kernel events: the sources, the parser that they share, the ear that orders what was heard."""

from adapters.kernel.books import Books
from adapters.kernel.ear import DeviceEar
from adapters.kernel.ledger import Gap
from adapters.kernel.line_socket import LineSource
from adapters.kernel.netlink import NetlinkSource
from adapters.kernel.parse import Heard, Reason, Refused, parse_uevent
from adapters.kernel.ring import ring_event
from adapters.kernel.source import EventSource
from adapters.kernel.udevadm import Told, UdevadmReader

__all__ = [
    "Books",
    "DeviceEar",
    "EventSource",
    "Gap",
    "Heard",
    "LineSource",
    "NetlinkSource",
    "Reason",
    "Refused",
    "Told",
    "UdevadmReader",
    "parse_uevent",
    "ring_event",
]
