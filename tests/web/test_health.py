# SPDX-License-Identifier: Apache-2.0
"""The web says that it lives without asking who wants to know."""

from pathlib import Path

from django.test import Client


def test_health_answers_without_a_login(state: Path) -> None:
    answer = Client().get("/api/v1/health")
    assert (answer.status_code, answer.json()) == (200, {"web": "ok"})
