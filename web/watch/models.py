# SPDX-License-Identifier: Apache-2.0
"""Tables that the watch alone owns. Only services write them; times are ns since 1970, UTC."""

import uuid

from django.db import models


class Stage(models.TextChoices):
    """An alarm is told twice: when nobody has acknowledged it for a while, and when that is over."""

    RAISED = "raised", "needs somebody"
    OVER = "over", "over"


class Channel(models.TextChoices):
    """By which way people are told."""

    WEBHOOK = "webhook", "webhook"
    EMAIL = "email", "e-mail"


class Telling(models.Model):
    """One message of one alarm's occurrence by one channel. Its row is there before it is sent, and only once.

    An occurrence is a hall (empty: the site), an alarm and the moment since when it has waited. `next_ns` is when it
    is sent next, null when nothing more is done with it; `told_ns` when it arrived; `error` what went wrong last.
    `ended` says why it is over; `until_ns` when its shelving ends, 0 where it was not shelved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hall = models.TextField(blank=True)
    alarm = models.TextField()
    since_ns = models.BigIntegerField()
    stage = models.CharField(max_length=6, choices=Stage)
    channel = models.CharField(max_length=7, choices=Channel)
    words = models.TextField()
    ended = models.TextField(blank=True)
    until_ns = models.BigIntegerField(default=0)
    made_ns = models.BigIntegerField()
    tries = models.IntegerField(default=0)
    next_ns = models.BigIntegerField(null=True, db_index=True)
    told_ns = models.BigIntegerField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "telling"
        verbose_name = "message about an alarm"
        verbose_name_plural = "messages about alarms"
        constraints = [
            models.UniqueConstraint(fields=["hall", "alarm", "since_ns", "stage", "channel"], name="telling_once")
        ]


class ShiftNote(models.Model):
    """A few words for whoever comes after. Never edited, only struck through.

    `hall` is empty for the whole site; `at_ns` is the time that it is about. `owner` is who may strike it: `author`
    alone could be a token of the same name.
    """

    hall = models.TextField(blank=True)
    at_ns = models.BigIntegerField(db_index=True)
    text = models.TextField()
    author = models.TextField()
    owner = models.TextField()
    made_ns = models.BigIntegerField()
    struck_ns = models.BigIntegerField(null=True)
    struck_by = models.TextField(blank=True)

    class Meta:
        db_table = "shift_note"
