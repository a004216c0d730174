# SPDX-License-Identifier: Apache-2.0
"""Forms of the admin for prints and shows. The rules are the services' own; a form only reads words."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from typing_extensions import override

from adapters.store.models import PrintEntry, ShowEntry
from adapters.store.prints import programme_problems
from adapters.store.show_draft import ShowDraft, draft_of, site_facts
from adapters.store.show_files.raw import Unreadable, cue_words, cues_in, feet_in, moment_ns
from adapters.store.shows import show_problems
from statemachines.film import FRAMES_PER_FOOT
from statemachines.show import Start

if TYPE_CHECKING:
    OfPrint = forms.ModelForm[PrintEntry]
    OfShow = forms.ModelForm[ShowEntry]
else:  # Django's own classes take no types
    OfPrint = OfShow = forms.ModelForm

_GAUGES = [(gauge, f"{gauge} mm") for gauge in FRAMES_PER_FOOT]
_FEET = "The feet of each reel, as 2000 1950 1800."


def _feet_words(feet: Any) -> str:
    return " ".join(str(each) for each in feet)


class PrintForm(OfPrint):
    """A print: its feet as words."""

    gauge = forms.TypedChoiceField(choices=_GAUGES, coerce=int, initial=35)
    feet_words = forms.CharField(label="Feet", help_text=_FEET)

    class Meta:
        model = PrintEntry
        fields = ("title", "gauge", "feet_words", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("feet_words", _feet_words(self.instance.feet))

    @override
    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            data["feet"] = feet_in(data["feet_words"])
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        problems = programme_problems(title=data["title"], gauge=data["gauge"], feet=data["feet"])
        if problems:
            raise forms.ValidationError(problems)
        return data


class ShowForm(OfShow):
    """A show: its start in the site's time, its film from the book or as words, its cues one a line."""

    hall = forms.ChoiceField()
    starts = forms.DateTimeField(help_text="In the site's time, as 2026-05-03 20:45.")
    gauge = forms.TypedChoiceField(choices=[("", "of the print"), *_GAUGES], coerce=int, required=False)
    feet_words = forms.CharField(label="Feet", help_text=f"{_FEET} Only without a print.", required=False)
    start = forms.ChoiceField(choices=[(each, each) for each in Start], initial=Start.OPERATOR)
    cue_words = forms.CharField(
        label="Cues",
        widget=forms.Textarea,
        required=False,
        help_text="One a line: FRAME VERB ARG or REEL:FRAME VERB ARG, as 4800 lights up.",
    )

    class Meta:
        model = ShowEntry
        fields = ("hall", "starts", "print", "title", "gauge", "feet_words", "start", "cue_words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._site = site_facts()
        halls = self.fields["hall"]
        assert isinstance(halls, forms.ChoiceField)  # noqa: S101  # it is declared so above
        halls.choices = [(hall, facts.name) for hall, facts in self._site.halls.items()]
        if not self.instance._state.adding:
            draft = draft_of(self.instance)
            starts = datetime.fromtimestamp(draft.starts_ns / 1e9, self._site.zone).replace(tzinfo=None)
            shown = {"starts": starts, "feet_words": _feet_words(draft.feet), "cue_words": cue_words(draft.cues)}
            self.initial = {**self.initial, **shown}

    @override
    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            draft = ShowDraft(
                hall=data["hall"],
                starts_ns=moment_ns(data["starts"].replace(tzinfo=None), self._site.zone),
                print=data["print"],
                title=data["title"],
                gauge=data["gauge"] or 0,
                feet=feet_in(data["feet_words"]),
                start=data["start"],
                cues=cues_in(data["cue_words"]),
            )
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        problems = show_problems(draft=draft, now_ns=time.time_ns(), show_id=self.instance.pk)
        if problems:
            raise forms.ValidationError(problems)
        data["draft"] = draft
        return data
