# SPDX-License-Identifier: Apache-2.0
"""Tables. Only services, the log writer, import and prune write them; times are ns since 1970, UTC."""

import uuid

from django.db import models
from typing_extensions import override


class EventRow(models.Model):
    """A row of the event log (alias `log`). `payload` and `effects` are canonical JSON, byte for byte."""

    pos = models.BigAutoField(primary_key=True)
    stream = models.TextField()
    log_seq = models.BigIntegerField()
    subject = models.TextField()
    at_ns = models.BigIntegerField()
    recorded_ns = models.BigIntegerField()
    hw_epoch = models.BigIntegerField()
    hw_seq = models.BigIntegerField()
    hw_ns = models.BigIntegerField()
    kind = models.TextField()
    payload = models.TextField()
    source = models.TextField()
    cause = models.TextField()
    before = models.TextField()
    after = models.TextField()
    edge = models.TextField()
    verdict = models.TextField()
    reason = models.TextField()
    effects = models.TextField()
    version = models.TextField()
    prev = models.TextField()
    digest = models.TextField()
    request = models.TextField(null=True, unique=True)

    class Meta:
        db_table = "event"
        constraints = [models.UniqueConstraint(fields=["stream", "log_seq"], name="event_stream_log_seq")]
        indexes = [
            # Few rows change a state: when a hall entered its state, and how long it dwells, is found without
            # reading the others.
            models.Index(
                fields=["stream", "log_seq"], name="event_transition", condition=models.Q(verdict="transition")
            ),
            # The same few rows by their time: what became of a show is read from them.
            models.Index(fields=["at_ns"], name="event_transition_at", condition=models.Q(verdict="transition")),
        ]


class HallNow(models.Model):
    """Each hall's newest value (alias `log`): canonical JSON after row `log_seq`.

    The heartbeat tells a quiet hall from a dead one.
    """

    hall = models.TextField(primary_key=True)
    value = models.TextField()
    log_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    heartbeat_ns = models.BigIntegerField()
    figures = models.TextField(db_default="{}")
    """JSON, written with the heartbeat: what the runtime measures of the hall and does not log."""

    class Meta:
        db_table = "hall_now"


class ValueNow(models.Model):
    """The newest value of what has rows of its own beside halls (alias `log`): canonical JSON after row `log_seq`.

    A deployment is (`server:ID`, `deploy:ID`), a roll-out (`rollout:ID`, `rollout`).
    """

    stream = models.TextField()
    subject = models.TextField()
    value = models.TextField()
    log_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()

    class Meta:
        db_table = "value_now"
        constraints = [models.UniqueConstraint(fields=["stream", "subject"], name="value_now_stream_subject")]


class Waypoint(models.Model):
    """A hall's whole value after row `log_seq` (alias `log`): from here a past instant is folded."""

    hall = models.TextField()
    log_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    value = models.TextField()

    class Meta:
        db_table = "waypoint"
        constraints = [models.UniqueConstraint(fields=["hall", "log_seq"], name="waypoint_hall_log_seq")]
        indexes = [models.Index(fields=["hall", "at_ns"], name="waypoint_hall_at")]


class RuntimeNow(models.Model):
    """One row (alias `log`): the runtime's own counters and measures as JSON, written at 1 Hz."""

    at_ns = models.BigIntegerField()
    figures = models.TextField()

    class Meta:
        db_table = "runtime_now"


class Incarnation(models.Model):
    """One row (alias `log`): how often a runtime has started on this site."""

    count = models.BigIntegerField()

    class Meta:
        db_table = "incarnation"


class CheckpointRow(models.Model):
    """What `prune` left of a stream (alias `log`): fields of `adapters.store.checkpoint.Checkpoint`."""

    stream = models.TextField(primary_key=True)
    log_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    digest = models.TextField()
    rows = models.BigIntegerField()
    value = models.TextField()
    seal = models.TextField()

    class Meta:
        db_table = "checkpoint"


class OperatorRequest(models.Model):
    """What a person asked of a hall, or with an empty hall of the site (alias `default`).

    The verdict is in the log, on the row that carries this id as its `request`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    hall = models.TextField(blank=True)
    verb = models.TextField()
    args = models.JSONField(default=list)
    actor = models.TextField()
    scope = models.TextField(blank=True)
    created_ns = models.BigIntegerField(db_index=True)
    expires_ns = models.BigIntegerField()

    class Meta:
        db_table = "operator_request"


class SiteEntry(models.Model):
    """One row (alias `default`): what people call the site, and the zone of its clocks (IANA)."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    zone = models.TextField(default="UTC")

    class Meta:
        db_table = "site_entry"


class HallEntry(models.Model):
    """A hall as the configuration describes it to people (alias `default`). `sound` is empty where there is none."""

    id = models.TextField(primary_key=True)
    place = models.IntegerField()
    name = models.TextField()
    projection = models.TextField()
    sound = models.TextField(blank=True)

    class Meta:
        db_table = "hall_entry"


class ServerEntry(models.Model):
    """A server as the configuration names it (alias `default`)."""

    id = models.TextField(primary_key=True)
    host = models.TextField()
    port = models.IntegerField()

    class Meta:
        db_table = "server_entry"


class PrintEntry(models.Model):
    """A print in the print book (alias `default`): `feet` is a list with one entry a reel."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120, unique=True)
    gauge = models.IntegerField()
    feet = models.JSONField(default=list)
    notes = models.TextField(blank=True)

    class Meta:
        db_table = "print_entry"
        verbose_name = "print"

    @override
    def __str__(self) -> str:
        return self.title


class ShowEntry(models.Model):
    """A planned show (alias `default`). With a print its title, gauge and feet are the print's.

    `cues` is a list of {reel, frame, verb, arg}. Whether it runs or ran is in the log.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hall = models.CharField(max_length=16)
    print = models.ForeignKey(PrintEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="shows")
    title = models.CharField(max_length=120, blank=True)
    gauge = models.IntegerField(null=True, blank=True)
    feet = models.JSONField(default=list, blank=True)
    starts_ns = models.BigIntegerField(db_index=True)
    start = models.CharField(max_length=8, default="operator")
    cues = models.JSONField(default=list, blank=True)
    cancelled_ns = models.BigIntegerField(null=True, blank=True)
    made_by = models.TextField()
    made_ns = models.BigIntegerField()

    class Meta:
        db_table = "show_entry"
        verbose_name = "show"


class ReleaseEntry(models.Model):
    """A release on the controller's shelf (alias `default`), named by the sha256 of its manifest.

    The other facts are the manifest's own, kept for who lists them; `signer` is who signed it.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=48)
    manifest = models.TextField()
    signature = models.TextField()
    signer = models.TextField()
    kernel = models.TextField()
    vermagic = models.TextField()
    abi_min = models.IntegerField()
    abi_max = models.IntegerField()
    kernel_signed = models.BooleanField(default=False)
    needs = models.JSONField(default=list)
    size = models.BigIntegerField()
    built_by = models.TextField()
    commit = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    made_by = models.TextField()
    made_ns = models.BigIntegerField()
    withdrawn_ns = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "release_entry"
        verbose_name = "release"

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"


class RolloutEntry(models.Model):
    """A planned roll-out (alias `default`): which release onto which servers, in their order. It never changes.

    `window` is {opens_min, closes_min, offset_s}. How far it is, is in the log.
    """

    id = models.CharField(max_length=16, primary_key=True)
    release = models.ForeignKey(ReleaseEntry, on_delete=models.PROTECT, related_name="rollouts")
    servers = models.JSONField(default=list)
    canaries = models.IntegerField()
    batch = models.IntegerField()
    failures_allowed = models.IntegerField()
    window = models.JSONField(default=dict)
    made_by = models.TextField()
    made_ns = models.BigIntegerField()

    class Meta:
        db_table = "rollout_entry"
        verbose_name = "roll-out"

    @override
    def __str__(self) -> str:
        return f"roll-out {self.id}"
