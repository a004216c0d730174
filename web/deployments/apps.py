# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "web.deployments"
    label = "deployments"
    verbose_name = "Releases and roll-outs"
