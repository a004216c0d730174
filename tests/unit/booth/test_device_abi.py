# SPDX-License-Identifier: Apache-2.0
"""The simulated devices carry out the verbs of the ABI's table, and no others."""

from collections.abc import Iterator

import pytest

from adapters.booth.device import Device
from adapters.booth.projector import Projector
from adapters.booth.sound_rack import FilmPlace, SoundRack
from statemachines import device_abi
from statemachines.words import Role, Verb
from tests.support.booth import Operator

ARGUMENTS = ("", *{argument for arguments, _roles, _about in device_abi.VERBS.values() for argument in arguments})


def device_of(role: Role) -> Device:
    if role is Role.SOUND:
        return SoundRack(9, 0, FilmPlace)
    return Projector(7, 0, fps_milli=24_000)


def promised(role: Role) -> Iterator[tuple[str, str]]:
    for verb, (arguments, roles, _about) in device_abi.VERBS.items():
        if role in roles:
            yield from ((verb, argument) for argument in arguments or ("",))


@pytest.mark.parametrize("role", Role)
def test_a_device_has_the_verbs_of_the_table_and_no_other(role: Role) -> None:
    device = device_of(role)
    operator = Operator(device)
    commands = [(verb, argument) for verb in Verb for argument in ARGUMENTS]
    answers = {command: operator(*command) for command in commands}
    assert set(answers.values()) <= device_abi.ANSWERS.keys()
    assert {command for command, answer in answers.items() if answer != "refused:verb"} == set(promised(role))
