# SPDX-License-Identifier: Apache-2.0
"""The pages' addresses."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from web.board import views

urlpatterns = [
    path("", views.site_page, name="site"),
    path("halls/<slug:hall>", views.hall_page, name="hall"),
    path("login", LoginView.as_view(template_name="board/login.html", redirect_authenticated_user=True), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
]
