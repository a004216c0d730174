# SPDX-License-Identifier: Apache-2.0
"""Tables that the web alone owns. Only services write them; times are ns since 1970, UTC."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from web.accounts.scopes import Scope


class User(AbstractUser):
    """A person. Superusers hold every scope."""

    scope = models.CharField(max_length=8, choices=Scope, default=Scope.VIEW)

    @property
    def holds(self) -> Scope:
        return Scope.ADMIN if self.is_superuser else Scope(self.scope)


class ApiToken(models.Model):
    """A program's key to one site. The secret itself is shown once and kept nowhere."""

    id = models.CharField(primary_key=True, max_length=16)
    site = models.TextField()
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, choices=Scope)
    secret_sha256 = models.CharField(max_length=64)
    made_by = models.TextField()
    made_ns = models.BigIntegerField()
    expires_ns = models.BigIntegerField(null=True, blank=True)
    revoked_ns = models.BigIntegerField(null=True, blank=True)
    used_ns = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "api_token"


class StreamTicket(models.Model):
    """A browser's way into the stream: good for one connection within 60 s.

    `token` or `session` is what it was issued for: a stream ends when that does.
    """

    ticket_sha256 = models.CharField(primary_key=True, max_length=64)
    actor = models.TextField()
    scope = models.CharField(max_length=8, choices=Scope)
    token = models.CharField(max_length=16, blank=True)
    session = models.CharField(max_length=40, blank=True)
    expires_ns = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "stream_ticket"


class AuditRow(models.Model):
    """Who asked for what, and what came of it."""

    at_ns = models.BigIntegerField(db_index=True)
    actor = models.TextField()
    scope = models.CharField(max_length=8, choices=Scope)
    action = models.TextField()
    hall = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    request = models.TextField(blank=True)
    verdict = models.TextField(blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "audit"
