# SPDX-License-Identifier: Apache-2.0
"""The addresses of releases and roll-outs."""

from django.urls import path

from web.deployments import pages

urlpatterns = [
    path("deployments", pages.deployments_page, name="deployments"),
    path("deployments/<slug:rollout>", pages.rollout_page, name="rollout"),
    path("deployments/<slug:rollout>/<slug:server>/<int:attempt>", pages.deployment_page, name="deployment"),
]
