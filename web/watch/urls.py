# SPDX-License-Identifier: Apache-2.0
"""The reports' addresses."""

from django.urls import path

from web.watch import pages

urlpatterns = [
    path("reports", pages.reports_page, name="reports"),
    path("reports/<int:pos>", pages.report_page, name="report"),
]
