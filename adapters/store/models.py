# SPDX-License-Identifier: Apache-2.0
"""Tables. Only services, the log writer, import and prune write them; times are ns since 1970, UTC."""

import uuid

from django.db import models


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


class HallNow(models.Model):
    """Each hall's newest value (alias `log`): canonical JSON after row `log_seq`.

    The heartbeat tells a quiet hall from a dead one.
    """

    hall = models.TextField(primary_key=True)
    value = models.TextField()
    log_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    heartbeat_ns = models.BigIntegerField()

    class Meta:
        db_table = "hall_now"


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
