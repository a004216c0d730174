# SPDX-License-Identifier: Apache-2.0
"""Roll-outs and deployments in the API and the admin: what is so, what may be asked, what is written down."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from adapters.store.models import OperatorRequest, RolloutEntry
from statemachines.deployment_value import DeploymentState
from tests.support.deploying_site import describe_servers, plan, put_release
from tests.support.lived_rollout import LivedRollout
from tests.support.model_server import RELEASE
from tests.support.rollout_desk import RolloutDesk, rollout_desk
from tests.web.support.access import person
from tests.web.support.asking import Asking
from tests.web.support.deploying import Shipping, asked, deployer, manager, post, refused
from tests.web.support.lived import show_life
from tests.web.support.server import watching
from web.accounts.models import AuditRow
from web.accounts.scopes import Scope
from web.asking import services


@pytest.fixture(autouse=True)
def site(state: Path) -> None:
    describe_servers()


@pytest.fixture
def desk(state: Path) -> Iterator[RolloutDesk]:
    put_release()
    with rollout_desk(state, trouble={"booth3": "it cannot be reached"}) as made:
        yield made


def test_a_withdrawn_release_is_in_no_new_roll_out(desk: RolloutDesk) -> None:
    assert asked(f"/releases/{RELEASE.sha256}/withdraw")["withdrawn_ms"] is not None
    answer = post("/rollouts", {"release": RELEASE.sha256})
    assert refused(answer, 422) == "Reelctl-2 was withdrawn: choose another release."
    assert answer.json()["error"]["code"] == "deployment_refused"


# Roll-outs.


def test_a_roll_out_is_planned_looked_at_and_begun(desk: RolloutDesk) -> None:
    window = {"opens_min": 60, "closes_min": 360}
    made = asked("/rollouts", release=RELEASE.sha256, canaries=1, batch=1, failures_allowed=1, window=window)
    assert (made["id"], made["state"], made["words"]) == ("r1", "planned", "Planned, and not begun.")
    assert [(each["server"], each["wave"], each["halls"]) for each in made["servers"]] == [
        ("booth1", 0, ["h1"]),
        ("booth2", 1, ["h2"]),
        ("booth3", 2, ["h3"]),
    ]
    assert made["hours"] == "01:00 to 06:00"
    assert made["window"]["offset_s"] in (3600, 7200)  # Berlin's
    assert {each["verb"]: each["can"] for each in made["can"]} == {
        "begin": True,
        "pause": False,
        "resume": False,
        "abort": False,
    }
    ask = Asking()
    assert "Nobody has asked what roll-out r1 would do" in ask.refused("/rollouts/r1/forecast", 404)["words"]
    assert asked("/rollouts/r1/forecast")["stage"] == "done"
    dry = ask("/rollouts/r1/forecast")
    assert [(each["server"], each["does"]) for each in dry["servers"]] == [
        ("booth1", True),
        ("booth2", True),
        ("booth3", False),
    ]
    assert dry["servers"][2]["words"] == "Nothing is known of it: it cannot be reached."
    assert ask("/rollouts/r1")["state"] == "planned"
    assert asked("/rollouts/r1/begin")["stage"] == "done"
    assert ask("/rollouts/r1")["state"] == "running"
    again = asked("/rollouts/r1/begin")
    assert (again["stage"], again["reason"]) == ("refused", "it was asked for before")


def test_a_roll_out_and_a_server_are_paused_resumed_and_aborted(desk: RolloutDesk) -> None:
    plan()
    ask = Asking()
    asked("/rollouts/r1/begin")
    assert asked("/rollouts/r1/pause")["stage"] == "done"
    paused = ask("/rollouts/r1")
    assert (paused["state"], paused["reason"]) == ("paused", "paused by deploy's")
    assert paused["servers"][0]["deployment"]["words"] == "It is paused."
    assert asked("/rollouts/r1/pause")["stage"] == "refused"
    assert asked("/rollouts/r1/resume")["stage"] == "done"
    assert asked("/deployments/r1.booth1.1/pause")["stage"] == "done"
    assert ask("/deployments/r1.booth1.1")["paused"]
    assert asked("/deployments/r1.booth1.1/resume")["stage"] == "done"
    assert asked("/deployments/r1.booth1.1/abort")["stage"] == "done"
    assert ask("/deployments/r1.booth1.1")["reason"] == "it was aborted by deploy's"
    halted = ask("/rollouts/r1")
    assert halted["state"] == "halted"
    assert halted["counts"] == {"rolled_back": 1, "waiting": 2}
    assert asked("/rollouts/r1/abort")["stage"] == "done"
    assert ask("/rollouts/r1")["state"] == "aborted"
    (line,) = ask("/rollouts")["rollouts"]
    assert (line["id"], line["state"], line["release"]) == ("r1", "aborted", "reelctl-2")


def test_a_failing_server_is_told_with_its_steps_reasons_and_both_kernel_logs(desk: RolloutDesk) -> None:
    lived = desk.lived(plan())
    lived.servers["booth1"].ills = frozenset({"self_test"})
    lived.begin()
    lived.run().end()
    told = Asking()("/deployments/r1.booth1.1")
    assert (told["state"], told["progress"], told["server"]) == ("rolled_back", 0, "booth1")
    assert told["reason"] == "the self-test is not as it must be: tacho"
    assert told["previous"] == "0" * 64
    words = [each["words"] for each in told["steps"]]
    assert words[0] == "asked for: reelctl-2 onto server booth1"
    assert "the self-test failed: tacho (probing → rolling back)" in words
    assert told["steps"][1]["verdict"]
    before, newest = told["kernel_logs"]
    assert "step 1" in before["text"]
    assert before["text"] != newest["text"]
    assert all(not each["can"] and each["reason"].startswith("It is over") for each in told["can"])


def test_the_halls_of_a_deployment_that_failed_are_released(desk: RolloutDesk) -> None:
    lived = desk.lived(plan())
    lived.servers["booth1"].ills = frozenset({"self_test"})
    lived.servers["booth1"].refuses = {"rollback": "in use"}
    lived.begin()
    lived.run().end()
    ask = Asking()
    told = ask("/deployments/r1.booth1.1")
    assert (told["state"], told["holding"]) == ("failed", True)
    assert {each["verb"] for each in told["can"] if each["can"]} == {"resume", "release"}
    assert refused(post("/deployments/r1.booth1.1/release", client=deployer(Scope.OPERATE)), 403)
    assert asked("/deployments/r1.booth1.1/release")["stage"] == "done"
    told = ask("/deployments/r1.booth1.1")
    assert (told["state"], told["holding"]) == ("failed", False)
    assert told["steps"][-1]["words"] == "release of its halls was asked for by deploy's"
    assert asked("/deployments/r1.booth1.1/release")["stage"] == "refused"


def test_progress_grows_to_the_release(desk: RolloutDesk) -> None:
    lived = desk.lived(plan())
    lived.begin()
    seen = []
    ask = Asking()
    for state in list(DeploymentState)[:6]:
        lived.run(until=("booth1", state)).end()
        seen.append(ask("/deployments/r1.booth1.1")["progress"])
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)


@pytest.mark.parametrize(
    "path", ["/rollouts/r9", "/rollouts/r9/forecast", "/deployments/r9.booth1.1", f"/releases/{'b' * 64}"]
)
def test_what_is_not_there_is_404(path: str) -> None:
    assert Asking().refused(path, 404)["words"].startswith("There is no ")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"release": "b" * 64}, "There is no release bbbbbbbbbbbb here."),
        ({"servers": ["booth9"]}, "No hall here is served by a server 'booth9'"),
        ({"servers": ["booth1", "booth1"]}, "It names server booth1 2 times."),
        ({"batch": 0}, "batch"),
        ({"servers": ["Booth 1"]}, "servers.0"),
        ({"window": {"opens_min": 1440}}, "opens_min"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(desk: RolloutDesk, body: dict[str, Any], words: str) -> None:
    answer = post("/rollouts", {"release": RELEASE.sha256} | body)
    assert words in refused(answer, 404 if "release" in body else 422)
    assert RolloutEntry.objects.count() == 0


def test_one_id_is_one_request(desk: RolloutDesk) -> None:
    plan()
    request = "0a0a0a0a-0000-4000-8000-00000000000a"
    assert asked("/rollouts/r1/begin", id=request) == asked("/rollouts/r1/begin", id=request)
    assert refused(post("/rollouts/r1/pause", {"id": request}), 409)
    assert OperatorRequest.objects.count() == 1


def test_a_request_that_the_runtime_has_and_has_not_answered_is_accepted(
    desk: RolloutDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "WAIT_S", 0.0)
    monkeypatch.setattr(services, "send_wake", lambda *_state, **_wake: True)
    plan()
    first = asked("/rollouts/r1/forecast")
    assert first["stage"] == "asked"
    show_life(at_ns=time.time_ns() + 1)
    ask = Asking()
    assert ask(f"/requests/{first['id']}")["stage"] == "accepted"
    desk.lived("r1").forecast(first["id"])
    desk.lived("r1").end()
    assert ask(f"/requests/{first['id']}")["stage"] == "done"


def test_each_deed_is_in_the_audit(desk: RolloutDesk, shipping: Shipping) -> None:
    asked(f"/releases/{RELEASE.sha256}/withdraw")
    shipping.send()
    asked("/rollouts", release=shipping.sha256)
    post("/rollouts/r9/pause")
    post("/rollouts", {"release": shipping.sha256}, deployer(Scope.OPERATE))
    rows = [(row.actor, row.action, row.detail, row.verdict) for row in AuditRow.objects.order_by("id")]
    short = shipping.sha256[:12]
    assert rows == [
        ("deploy's", "withdraw release", "reelctl-2 (aaaaaaaaaaaa)", "done"),
        ("deploy's", "add release", f"reelctl-2 ({short})", "done"),
        ("deploy's", "plan roll-out", f"r1: reelctl-2 ({short}) onto 3 servers", "done"),
        ("deploy's", "POST /api/v1/rollouts/r9/pause", "", "refused"),
        ("operate's", "POST /api/v1/rollouts", "", "refused"),
    ]


def test_what_was_asked_is_in_the_audit_with_its_verdict(desk: RolloutDesk) -> None:
    plan()
    asked("/rollouts/r1/begin")
    asked("/deployments/r1.booth1.1/abort")
    asked("/deployments/r1.booth1.1/resume")
    rows = [(row.action, row.detail, row.verdict, row.reason) for row in AuditRow.objects.order_by("id")]
    assert rows[:2] == [
        ("rollout", "begin r1", "transition", ""),
        ("deployment", "abort r1.booth1.1", "transition", ""),
    ]
    assert rows[2][:3] == ("deployment", "resume r1.booth1.1", "refusal")
    assert rows[2][3].startswith("it is over")


# What it costs.


@pytest.mark.parametrize(
    ("path", "queries"),
    {
        "/releases": 1,
        "/rollouts": 4,
        "/rollouts/r1": 5,
        "/rollouts/r2": 5,
        "/rollouts/r1/forecast": 4,
        "/deployments/r1.booth1.1": 4,
    }.items(),
)
def test_an_answer_costs_so_many_queries_however_many_servers(
    state: Path, desk: RolloutDesk, path: str, queries: int
) -> None:
    for _ in range(2):
        plan()
    lived = desk.lived("r1")
    lived.begin()
    lived.forecast()
    lived.run().end()
    ask = Asking()
    ask(path)
    assert ask.queries == queries


# The stream.


def test_the_stream_carries_the_rows_of_roll_outs_and_deployments(
    web: Any, desk: RolloutDesk, token: dict[str, str]
) -> None:
    lived = desk.lived(plan())
    with watching(web.url, token) as viewer:
        viewer.next("hello")
        lived.begin()
        lived.run(until=("booth1", DeploymentState.STAGED)).end()
        seen: list[dict[str, Any]] = []
        while not any(event["words"].endswith("preflight → staged") for event in seen):
            seen += viewer.next("rows").data["events"]
    assert {event["hall"] for event in seen} == {"rollout:r1", "server:booth1"}
    assert {event["subject"] for event in seen} == {"rollout", "deploy:r1.booth1.1"}


# /admin/.


def test_roll_outs_can_only_be_looked_at_in_the_admin(desk: RolloutDesk) -> None:
    plan()
    client = manager(Scope.DEPLOY)
    assert "/deployments/r1" in client.get("/admin/store/rolloutentry/").content.decode()
    assert "at any hour" in client.get("/admin/store/rolloutentry/r1/change/").content.decode()
    assert client.get("/admin/store/rolloutentry/add/").status_code == 403
    assert client.post("/admin/store/rolloutentry/r1/delete/", {"post": "yes"}).status_code == 403
    assert client.post("/admin/store/releaseentry/x/delete/", {"post": "yes"}).status_code in (302, 403)
    assert client.get("/admin/store/showentry/").status_code == 403


def test_the_pages_name_what_they_show_and_only_what_is_there(desk: RolloutDesk) -> None:
    lived: LivedRollout = desk.lived(plan())
    lived.begin()
    lived.end()
    client = Client()
    client.force_login(person(Scope.VIEW))
    assert '<deployments-page src="/api/v1" scope="view"' in client.get("/deployments").content.decode()
    assert "<title>r1 · reelctl-2 · Rialto</title>" in client.get("/deployments/r1").content.decode()
    assert 'deployment="r1.booth1.1"' in client.get("/deployments/r1/booth1/1").content.decode()
    for path in ("/deployments/r9", "/deployments/r1/booth1/2", "/deployments/r1/booth9/1"):
        assert client.get(path).status_code == 404
