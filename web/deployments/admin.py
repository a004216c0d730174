# SPDX-License-Identifier: Apache-2.0
"""Releases and roll-outs in /admin/: releases are taken in and withdrawn, all else can only be looked at."""

import time
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from typing_extensions import override

from adapters.store.models import ReleaseEntry, RolloutEntry
from adapters.store.releases import withdraw_release
from adapters.store.rollouts import plan_of
from web.accounts.audit import Deed, write_deed
from web.accounts.auth import caller_of
from web.admin_tables import Untouchable, when
from web.deployments.forms import ReleaseForm
from web.deployments.views_of import hours


def _note(request: HttpRequest, action: str, entry: ReleaseEntry, verdict: str = "done") -> None:
    caller = caller_of(request)
    write_deed(Deed(action=action, detail=str(entry), verdict=verdict, actor=caller.actor, scope=caller.scope))


@admin.register(ReleaseEntry)
class ReleaseAdmin(Untouchable):
    """Releases. Who may deploy takes them in; nothing in them is ever changed."""

    form = ReleaseForm
    list_display = ("name", "short", "kernel", "signer", "made", "withdrawn")
    search_fields = ("name", "sha256", "kernel")
    ordering = ("-made_ns",)
    actions = ("withdraw",)
    _shown = (
        *("name", "sha256", "kernel", "vermagic", "abi", "kernel_signed", "needs", "size"),
        *("built_by", "commit", "notes", "signer", "made_by", "made", "withdrawn"),
    )

    @override
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("store.add_releaseentry")

    @override
    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self._shown if obj is not None else tuple(ReleaseForm.base_fields)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self._shown if obj is not None else ()

    @override
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        return type("ReleaseForm", (ReleaseForm,), {"by": caller_of(request).actor})

    @override
    def save_model(self, request: HttpRequest, obj: ReleaseEntry, form: Any, change: bool) -> None:
        entry, is_new = form.cleaned_data["taken"]
        obj.pk = entry.pk
        obj.refresh_from_db()
        _note(request, "add release", entry, "done" if is_new else "unchanged")

    @admin.action(description="Withdraw: no new roll-out takes them", permissions=["add"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[ReleaseEntry]) -> None:
        for entry in chosen:
            _note(request, "withdraw release", withdraw_release(sha256=entry.pk, now_ns=time.time_ns()))
        self.message_user(request, f"{len(chosen)} withdrawn.")

    @admin.display(description="sha256")
    def short(self, entry: ReleaseEntry) -> str:
        return entry.sha256[:12]

    def abi(self, entry: ReleaseEntry) -> str:
        return f"{entry.abi_min} to {entry.abi_max}"

    @admin.display(description="added")
    def made(self, entry: ReleaseEntry) -> str:
        return when(entry.made_ns)

    def withdrawn(self, entry: ReleaseEntry) -> str:
        return when(entry.withdrawn_ns)


@admin.register(RolloutEntry)
class RolloutAdmin(Untouchable):
    """Roll-outs as they were planned. How far they are is on their own pages."""

    list_display = ("id", "release", "count", "made_by", "made", "page")
    ordering = ("-made_ns",)
    list_select_related = ("release",)
    fields = ("id", "release", "servers", "canaries", "batch", "failures_allowed", "hours", "made_by", "made", "page")
    readonly_fields = fields

    @admin.display(description="servers")
    def count(self, entry: RolloutEntry) -> int:
        return len(entry.servers)

    @admin.display(description="begins servers")
    def hours(self, entry: RolloutEntry) -> str:
        return hours(plan_of(entry).window)

    @admin.display(description="planned")
    def made(self, entry: RolloutEntry) -> str:
        return when(entry.made_ns)

    @admin.display(description="page")
    def page(self, entry: RolloutEntry) -> str:
        return format_html('<a href="/deployments/{}">how far it is</a>', entry.id)
