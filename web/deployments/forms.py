# SPDX-License-Identifier: Apache-2.0
"""The form of the admin by which a release is taken in. The rules are the shelf's own."""

from typing import IO, TYPE_CHECKING, Any

from django import forms
from typing_extensions import override

from adapters.releases.errors import ReleaseRefused
from adapters.releases.manifest import MANIFEST_MOST
from adapters.releases.signing import SIGNATURE_MOST
from adapters.store.errors import DeploymentRefused
from adapters.store.models import ReleaseEntry
from web.deployments.uploads import take_release

if TYPE_CHECKING:
    OfRelease = forms.ModelForm[ReleaseEntry]
else:  # Django's own class takes no types
    OfRelease = forms.ModelForm

_FILES = {"module": "reelctl.ko", "agent": "reel-agent", "agent_conf": "agent.conf"}


class ReleaseForm(OfRelease):
    """A signed release as `projectionist deploy build` and `sign` make it. It is good when it was taken in."""

    manifest_file = forms.FileField(label="Manifest", help_text="The file manifest.")
    signature_file = forms.FileField(label="Signature", help_text="The file manifest.sig: who signed it must be known.")
    module = forms.FileField(label="Module", help_text="The file reelctl.ko.")
    agent = forms.FileField(label="Agent", required=False, help_text="The file reel-agent, if the release has one.")
    agent_conf = forms.FileField(label="Agent's configuration", required=False, help_text="agent.conf, if it has one.")
    by = ""
    """Who takes it in: set by the admin."""

    class Meta:
        model = ReleaseEntry
        fields: tuple[str, ...] = ()

    @override
    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        files: dict[str, IO[bytes]] = {name: data[field].file for field, name in _FILES.items() if data.get(field)}
        try:
            data["taken"] = take_release(
                manifest=data["manifest_file"].read(MANIFEST_MOST + 1),
                signature=data["signature_file"].read(SIGNATURE_MOST + 1),
                files=files,
                by=self.by,
            )
        except (ReleaseRefused, DeploymentRefused) as refused:
            raise forms.ValidationError(list(refused.problems)) from refused
        return data

    @override
    def validate_unique(self) -> None:
        """The same release again is no harm."""
