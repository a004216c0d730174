# SPDX-License-Identifier: Apache-2.0
"""Event-Driven Ansible, where `ansible-rulebook` and Java are on the PATH: an event in, a command on a host over ssh.

It gets its event by its own webhook and runs `raw`, the leanest of its modules: nothing is copied to the host.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from benchmarks.corridor.peers import identity
from benchmarks.corridor.scene import Scene
from tests.support.ports import free_port

NAME = "ansible_rulebook"
_SAMPLES, _START_S, _LIMIT_S = 8, 90.0, 30.0
_REST_S = 3.0
"""Before each event: a rulebook begins nothing before its last play has ended."""
_RULEBOOK = """\
- name: bench
  hosts: all
  sources:
    - eda.builtin.webhook: {{host: 127.0.0.1, port: {port}}}
  rules:
    - name: told
      condition: event.payload.number is defined
      action:
        run_module:
          name: ansible.builtin.raw
          module_args: {{_raw_params: "echo {{{{ event.payload.number }}}} > {answers}"}}
"""


def measure(scene: Scene) -> dict[str, list[float]]:
    """Return its samples in ms, or nothing where it is not installed."""
    if shutil.which("ansible-rulebook") is None or shutil.which("java") is None:
        return {}
    home = scene.directory / "eda"
    home.mkdir(mode=0o755)
    answers = scene.sshd.devices / "answers"
    os.mkfifo(answers)
    answers.chmod(0o666)
    port = free_port()
    (home / "rulebook.yml").write_text(_RULEBOOK.format(port=port, answers=answers))
    (home / "inventory.yml").write_text(json.dumps(_inventory(scene)))
    program = ["ansible-rulebook", "--rulebook", f"{home}/rulebook.yml", "-i", f"{home}/inventory.yml"]
    heard = os.open(answers, os.O_RDWR)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(home))
    try:
        _wait_for(port)
        return {NAME: [_sample(port, heard, number) for number in range(_SAMPLES + 1)][1:]}
    finally:
        process.terminate()
        process.wait(_LIMIT_S)
        os.close(heard)


def _inventory(scene: Scene) -> dict[str, object]:
    key = identity(scene, "eda-key", 'eval "$SSH_ORIGINAL_COMMAND"')
    known = f"-o UserKnownHostsFile={scene.directory / 'known_hosts'} -o IdentitiesOnly=yes -o IdentityAgent=none"
    host = {
        "ansible_host": scene.sshd.host,
        "ansible_port": scene.sshd.port,
        "ansible_user": scene.sshd.account,
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": known,
    }
    return {"all": {"hosts": {"server": host}}}


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "ANSIBLE_HOME": str(home / "ansible"), "LC_ALL": "C.UTF-8"}


def _wait_for(port: int) -> None:
    ends = time.monotonic() + _START_S
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"ansible-rulebook does not listen after {_START_S:g} s")


def _sample(port: int, heard: int, number: int) -> float:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/endpoint",
        data=json.dumps({"number": number}).encode(),
        headers={"Content-Type": "application/json"},
    )
    time.sleep(_REST_S)
    began = time.perf_counter_ns()
    with urllib.request.urlopen(request, timeout=_LIMIT_S):  # noqa: S310
        pass
    if not select.select([heard], [], [], _LIMIT_S)[0]:
        raise TimeoutError(f"ansible-rulebook has carried out nothing for {_LIMIT_S:g} s")
    if (answer := os.read(heard, 100)) != f"{number}\n".encode():
        raise RuntimeError(f"ansible-rulebook was told {number} and said {answer!r}")
    return (time.perf_counter_ns() - began) / 1e6
