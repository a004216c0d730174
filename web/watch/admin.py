# SPDX-License-Identifier: Apache-2.0
"""/admin/: what was told and what was noted, to look at."""

from django.contrib import admin

from web.admin_tables import Untouchable, when
from web.watch.models import ShiftNote, Telling


@admin.register(Telling)
class TellingAdmin(Untouchable):
    """Messages about alarms; those that did not arrive say why."""

    list_display = ("made", "hall", "alarm", "stage", "channel", "told", "tries", "error")
    list_filter = ("stage", "channel", "hall")
    search_fields = ("alarm", "words", "error")
    ordering = ("-made_ns",)
    fields = ("made", "hall", "alarm", "stage", "channel", "words", "ended", "told", "tries", "again", "error")
    readonly_fields = fields
    show_full_result_count = False

    def made(self, row: Telling) -> str:
        return when(row.made_ns)

    def told(self, row: Telling) -> str:
        return when(row.told_ns, never="")

    def again(self, row: Telling) -> str:
        return when(row.next_ns, never="")


@admin.register(ShiftNote)
class NoteAdmin(Untouchable):
    """Notes of shifts."""

    list_display = ("at", "hall", "author", "text", "struck_by")
    list_filter = ("hall",)
    search_fields = ("text", "author")
    ordering = ("-id",)
    fields = ("at", "hall", "author", "made", "text", "struck_by", "struck")
    readonly_fields = fields
    show_full_result_count = False

    def at(self, row: ShiftNote) -> str:
        return when(row.at_ns)

    def made(self, row: ShiftNote) -> str:
        return when(row.made_ns)

    def struck(self, row: ShiftNote) -> str:
        return when(row.struck_ns, never="")
