# SPDX-License-Identifier: Apache-2.0
"""What DATABASE_URL may say, and what people read where it says nothing that we understand."""

import pytest

from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import VARIABLE, connect_parameters, on_server, server_name, server_settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://anna:a%2Fb@db.example:5433/cinema", ("anna", "a/b", "db.example", 5433, "cinema")),
        ("postgresql://anna@db.example/cinema", ("anna", None, "db.example", None, "cinema")),
        ("postgres://%2Frun%2Fpostgresql/cinema", (None, None, "/run/postgresql", None, "cinema")),
        ("postgres:///cinema?host=/run/postgresql", (None, None, "/run/postgresql", None, "cinema")),
    ],
)
def test_a_url_says_where_to_connect(monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[object, ...]) -> None:
    monkeypatch.setenv(VARIABLE, url)
    found = connect_parameters()
    assert tuple(found.get(name) for name in ("user", "password", "host", "port", "dbname")) == expected


def test_what_follows_the_question_mark_is_kept_and_every_wait_has_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgres://db/cinema?sslmode=verify-full&connect_timeout=9&options=-c%20jit%3Doff")
    found = connect_parameters()
    assert (found["sslmode"], found["connect_timeout"]) == ("verify-full", 9)
    assert found["options"].endswith("-c jit=off")
    assert "statement_timeout=5000" in found["options"]
    assert "lock_timeout=500" in found["options"]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://anna:geheim@db/cinema",
        "anna:geheim@db/cinema",
        "postgres://anna:geheim@db",
        "postgres://anna:geheim@db:port/cinema",
        "postgres://anna:geheim@[db/cinema",
    ],
)
def test_another_url_is_refused_and_its_password_is_not_told(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(StateUnusable, match="DATABASE_URL must read postgres://USER:PASSWORD@HOST/DATABASE") as told:
        server_settings()
    assert "geheim" not in str(told.value)


def test_people_are_told_the_database_and_its_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgres://anna:geheim@db.example/cinema")
    assert server_name() == "PostgreSQL database cinema on db.example"


@pytest.mark.parametrize("url", ["", "  "])
def test_an_empty_url_leaves_the_databases_in_files(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(VARIABLE, url)
    assert not on_server()
