# SPDX-License-Identifier: Apache-2.0
"""What a kernel module says of itself: its section .modinfo, and whether a signature for the kernel is appended."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from adapters.releases.errors import ReleaseRefused
from adapters.releases.manifest import MODULE, Manifest

_APPENDED = b"~Module signature appended~\n"
_SECTIONS_MOST = 4_096
_NAME = "reelctl"


class ModuleFacts(NamedTuple):
    """A module's own facts. `signed`: it carries a signature that an enforcing kernel asks for."""

    name: str
    vermagic: str
    needs: tuple[str, ...]
    signed: bool


class _Section(NamedTuple):
    name: int
    offset: int
    size: int


def module_facts(data: bytes) -> ModuleFacts:
    """Read a module.

    Raises:
        ReleaseRefused: it is no kernel module.
    """
    try:
        told = dict(_told(_modinfo(data)))
    except (struct.error, IndexError) as wrong:
        raise ReleaseRefused("the module is cut off, or is no ELF file") from wrong
    if "vermagic" not in told:
        raise ReleaseRefused("the module is none: it says no vermagic")
    needs = tuple(each for each in told.get("depends", "").split(",") if each)
    return ModuleFacts(
        name=told.get("name", ""), vermagic=told["vermagic"].strip(), needs=needs, signed=data.endswith(_APPENDED)
    )


def disagreements(manifest: Manifest, module: bytes) -> tuple[str, ...]:
    """Return where a module is not what its manifest says, as the rest of a sentence each."""
    try:
        facts = module_facts(module)
    except ReleaseRefused as refused:
        return refused.problems
    found = []
    if facts.name != _NAME:
        found.append(f"{MODULE} is the module {facts.name or 'without a name'}, not {_NAME}")
    if facts.vermagic != manifest.vermagic:
        found.append(f"the vermagic of {MODULE} is '{facts.vermagic}', the manifest says '{manifest.vermagic}'")
    if facts.signed != manifest.kernel_signed:
        is_so, said = ("is" if each else "is not" for each in (facts.signed, manifest.kernel_signed))
        found.append(f"{MODULE} {is_so} signed for the kernel, the manifest says that it {said}")
    missing = sorted(set(facts.needs) - set(manifest.needs))
    if missing:
        found.append(f"{MODULE} needs {', '.join(missing)}, of which the manifest says nothing")
    return tuple(found)


def _modinfo(data: bytes) -> bytes:
    sections, names = _sections(data)
    for section in sections:
        start = names.offset + section.name
        if data[start : start + 9] == b".modinfo\0":
            return data[section.offset : section.offset + section.size]
    return b""


def _sections(data: bytes) -> tuple[list[_Section], _Section]:
    """Return the sections, and the one that holds their names. Both word sizes and both byte orders are read."""
    if data[:4] != b"\x7fELF":
        raise struct.error("no ELF file")
    order = "<" if data[5] == 1 else ">"
    wide = data[4] == 2
    table = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", data, 40 if wide else 32)[0]
    each_size, count, names = struct.unpack_from(f"{order}3H", data, 58 if wide else 46)
    shape = f"{order}{'2I4Q' if wide else '6I'}"
    found = []
    for number in range(min(count, _SECTIONS_MOST)):
        name, _kind, _flags, _address, offset, size = struct.unpack_from(shape, data, table + number * each_size)
        found.append(_Section(name, offset, size))
    return found, found[names]


def _told(section: bytes) -> Iterator[tuple[str, str]]:
    for line in section.split(b"\0"):
        key, equals, value = line.decode("ascii", "replace").partition("=")
        if equals:
            yield key, value
