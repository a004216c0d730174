# SPDX-License-Identifier: Apache-2.0
"""/admin/: users, tokens and the audit, for a manager. What services alone may change can only be looked at here."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from web.accounts.models import ApiToken, AuditRow, User
from web.accounts.people import set_scope
from web.accounts.scopes import Scope
from web.accounts.tokens import revoke_token
from web.admin_tables import Untouchable, when

if TYPE_CHECKING:
    NewPerson = UserCreationForm[User]
    People = UserAdmin[User]
else:  # Django's own classes take no types
    NewPerson, People = UserCreationForm, UserAdmin

admin.site.unregister(Group)
admin.site.site_header = admin.site.site_title = "Projectionist"
admin.site.site_url = "/"


class _NewUser(NewPerson):
    """A new user always has a password: there is no other way to log in."""

    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.VIEW)

    class Meta:
        model = User
        fields = ("username", "scope")


@admin.register(User)
class PersonAdmin(People):
    """People. Their scope says everything that they may do."""

    list_display = ("username", "scope", "is_active", "last_login")
    list_filter = ("scope", "is_active")
    search_fields = ("username",)
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "scope", "is_active")}),
        ("Known since", {"fields": ("date_joined", "last_login")}),
    )
    add_form = _NewUser
    add_fieldsets = ((None, {"fields": ("username", "scope", "password1", "password2")}),)

    @override
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        set_scope(name=obj.username, scope=Scope(obj.scope))


@admin.register(ApiToken)
class TokenAdmin(Untouchable):
    """Tokens. They are made where their secret can be shown once: by the API or `projectionist tokens add`."""

    list_display = ("name", "scope", "id", "made_by", "made", "expires", "revoked", "used")
    list_filter = ("scope",)
    search_fields = ("name", "id", "made_by")
    ordering = ("-made_ns",)
    fields = ("name", "scope", "id", "site", "made_by", "made", "expires", "revoked", "used")
    readonly_fields = fields
    actions = ("revoke",)

    @admin.action(description="Revoke for good", permissions=["view"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        for token in chosen:
            revoke_token(token_id=token.id)
            self.log_change(request, token, "revoked")
        self.message_user(request, f"{len(chosen)} revoked.")

    def made(self, token: ApiToken) -> str:
        return when(token.made_ns)

    def expires(self, token: ApiToken) -> str:
        return when(token.expires_ns)

    def revoked(self, token: ApiToken) -> str:
        return when(token.revoked_ns)

    def used(self, token: ApiToken) -> str:
        return when(token.used_ns)


@admin.register(AuditRow)
class AuditAdmin(Untouchable):
    """Who asked for what."""

    list_display = ("at", "actor", "scope", "action", "hall", "detail", "verdict", "reason")
    list_filter = ("verdict", "scope", "hall")
    search_fields = ("actor", "action", "detail", "request")
    ordering = ("-id",)
    fields = ("at", "actor", "scope", "action", "hall", "detail", "request", "verdict", "reason")
    readonly_fields = fields
    show_full_result_count = False

    def at(self, row: AuditRow) -> str:
        return when(row.at_ns)
