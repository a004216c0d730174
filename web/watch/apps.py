# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "web.watch"
    label = "watch"
    verbose_name = "What reaches people"
