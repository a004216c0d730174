# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "web.schedule"
    label = "schedule"
    verbose_name = "Shows and prints"
