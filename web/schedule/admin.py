# SPDX-License-Identifier: Apache-2.0
"""Shows and prints in /admin/. What is saved goes through the services: the same rules and words as everywhere."""

import time
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from adapters.store import prints, shows
from adapters.store.errors import ShowRefused
from adapters.store.models import PrintEntry, ShowEntry
from adapters.store.show_draft import draft_of, site_facts
from adapters.store.show_runs import ShowState, runs_of, state_of
from adapters.store.site import opened_state
from adapters.store.wake import tell_schedule_changed
from web.schedule.forms import PrintForm, ShowForm
from web.schedule.refusals import sentence

if TYPE_CHECKING:
    Prints = admin.ModelAdmin[PrintEntry]
    Shows = admin.ModelAdmin[ShowEntry]
else:  # Django's own classes take no types
    Prints = Shows = admin.ModelAdmin


def _tell(hall: str) -> None:
    tell_schedule_changed(opened_state(), hall)


@admin.register(PrintEntry)
class PrintAdmin(Prints):
    """The print book. One that shows refer to is not taken out: the admin says so by itself."""

    form = PrintForm
    list_display = ("title", "gauge", "reels", "notes")
    search_fields = ("title",)
    ordering = ("title",)

    @admin.display(description="reels")
    def reels(self, entry: PrintEntry) -> int:
        return len(entry.feet)

    @override
    def save_model(self, request: HttpRequest, obj: PrintEntry, form: Any, change: Any) -> None:
        data = form.cleaned_data
        told = {name: data[name] for name in ("title", "gauge", "feet", "notes")}
        prints.save_print(obj, **told)


@admin.register(ShowEntry)
class ShowAdmin(Shows):
    """The schedule. Shows are cancelled, never taken out: what became of each stays."""

    form = ShowForm
    list_display = ("starts", "hall", "title_shown", "start", "state")
    list_filter = ("hall", "start")
    ordering = ("-starts_ns",)
    actions = ("cancel",)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[ShowEntry]:
        return super().get_queryset(request).select_related("print")

    @override
    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What is told of every show of a page is read once."""
        page = super().get_changelist_instance(request)
        known, site, now_ns = runs_of(page.result_list), site_facts(), time.time_ns()
        for entry in page.result_list:
            entry.told = site.spoken(entry.starts_ns), state_of(entry, known, now_ns)
        return page

    @admin.display(description="starts", ordering="starts_ns")
    def starts(self, entry: Any) -> str:
        return str(entry.told[0])

    @admin.display(description="title")
    def title_shown(self, entry: ShowEntry) -> str:
        return draft_of(entry).programme[0]

    @admin.display(description="state")
    def state(self, entry: Any) -> str:
        return str(entry.told[1])

    @override
    def has_change_permission(self, request: HttpRequest, obj: ShowEntry | None = None) -> bool:
        """What began or was cancelled can only be looked at."""
        may = super().has_change_permission(request, obj)
        open_states = (ShowState.PLANNED, ShowState.LATE)
        return may and (obj is None or state_of(obj, runs_of([obj]), time.time_ns()) in open_states)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: ShowEntry | None = None) -> bool:
        return False

    @override
    def save_model(self, request: HttpRequest, obj: ShowEntry, form: Any, change: Any) -> None:
        draft, now_ns = form.cleaned_data["draft"], time.time_ns()
        if change:
            shows.change_show(show_id=obj.pk, draft=draft, now_ns=now_ns)
        else:
            obj.pk = shows.plan_show(draft=draft, by=request.user.get_username(), now_ns=now_ns).pk
        obj.refresh_from_db()
        _tell(draft.hall)

    @admin.action(description="Cancel these shows", permissions=["change"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[ShowEntry]) -> None:
        for entry in chosen:
            try:
                shows.cancel_show(show_id=entry.pk, now_ns=time.time_ns())
                _tell(entry.hall)
            except ShowRefused as refused:
                self.message_user(request, sentence(str(refused)), messages.ERROR)
