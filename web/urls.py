# SPDX-License-Identifier: Apache-2.0
"""Which address leads where."""

from django.contrib import admin
from django.urls import include, path

from web.accounts.views import admin_login
from web.api.api import api
from web.metrics.views import metrics

urlpatterns = [
    path("api/v1/", api.urls),
    path("metrics", metrics),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("web.board.urls")),
    path("", include("web.watch.urls")),
    path("", include("web.deployments.urls")),
]
