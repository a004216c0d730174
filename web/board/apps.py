# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "web.board"
    label = "board"
    verbose_name = "The board"
