# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "web.accounts"
    label = "accounts"
    verbose_name = "Who may ask for what"
