# SPDX-License-Identifier: Apache-2.0
"""API tokens, for admins. A token's text is answered once, when it is made."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import Field

from web.accounts.audit import Deed, note_deed
from web.accounts.auth import caller_of, needs
from web.accounts.models import ApiToken
from web.accounts.scopes import Scope
from web.accounts.tokens import NAME_MOST, TokenRefused, add_token, revoke_token, tokens
from web.api.errors import Refused, answers
from web.api.params import Moment
from web.sight.speech import MS, ms, ms_or_none

router = Router(auth=needs(Scope.ADMIN))


class NewToken(Schema):
    name: str = Field(description="it stands in the log", min_length=1, max_length=NAME_MOST, examples=["wall screen"])
    scope: Scope = Scope.VIEW
    expires_ms: Moment | None = Field(default=None, description="null: never")


class TokenView(Schema):
    """A token without its secret."""

    id: str = Field(examples=["1f0c9a7be2d4"])
    name: str = Field(examples=["wall screen"])
    scope: Scope
    made_by: str = Field(examples=["anna"])
    made_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    used_ms: int | None = Field(description="when it was last used, to within a minute")


class Tokens(Schema):
    tokens: list[TokenView]


class MadeToken(TokenView):
    token: str = Field(description="the token itself, shown this once", examples=["prj_rialto_1f0c9a7be2d4_5b…"])


@router.get("/tokens", response=answers(Tokens))
def all_tokens(request: HttpRequest) -> Tokens:
    """Return all tokens, newest first, revoked ones too."""
    return Tokens(tokens=[_view(token) for token in tokens()])


@router.post("/tokens", response=answers(MadeToken, ok=201))
def make_token(request: HttpRequest, body: NewToken) -> Status[MadeToken]:
    """Make a token of this site."""
    expires_ns = None if body.expires_ms is None else body.expires_ms * MS
    try:
        token, text = add_token(
            name=body.name, scope=body.scope, made_by=caller_of(request).actor, expires_ns=expires_ns
        )
    except TokenRefused as wrong:
        raise Refused(422, str(wrong)) from wrong
    note_deed(request, Deed(action="make token", detail=f"{token.id} {token.name}: {token.scope}", verdict="done"))
    return Status(201, MadeToken(**_view(token).model_dump(), token=text))


@router.delete("/tokens/{token_id}", response=answers(TokenView, 404))
def end_token(
    request: HttpRequest, token_id: Path[Annotated[str, Field(pattern=r"^[0-9a-f]{1,16}$", description="a token's id")]]
) -> TokenView:
    """Revoke a token for good. It stays in the list."""
    token = revoke_token(token_id=token_id)
    if token is None:
        raise Refused(404, f"There is no token {token_id} here.")
    note_deed(request, Deed(action="revoke token", detail=f"{token.id} {token.name}", verdict="done"))
    return _view(token)


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        scope=Scope(token.scope),
        made_by=token.made_by,
        made_ms=ms(token.made_ns),
        expires_ms=ms_or_none(token.expires_ns),
        revoked_ms=ms_or_none(token.revoked_ns),
        used_ms=ms_or_none(token.used_ns),
    )
