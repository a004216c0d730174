# SPDX-License-Identifier: Apache-2.0
"""The print book."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from adapters.store import prints as book
from web.accounts.auth import needs
from web.accounts.scopes import Scope
from web.api.errors import answers
from web.api.shapes.show import NewPrint, PrintChange, PrintList, PrintView
from web.schedule.refusals import told
from web.schedule.views_of import print_view

router = Router()


@router.get("/prints", response=answers(PrintList))
def prints(request: HttpRequest) -> PrintList:
    """Return every print of the book."""
    return PrintList(prints=[print_view(entry) for entry in book.prints()])


@router.post("/prints", response=answers(PrintView, ok=201), auth=needs(Scope.OPERATE))
def add_print(request: HttpRequest, asked: NewPrint) -> Status[PrintView]:
    """Put a print into the book."""
    with told():
        made = book.add_print(title=asked.title, gauge=asked.gauge, feet=asked.feet, notes=asked.notes)
    return Status(201, print_view(made))


@router.get("/prints/{print_id}", response=answers(PrintView, 404))
def one_print(request: HttpRequest, print_id: UUID) -> PrintView:
    """Return one print."""
    with told():
        return print_view(book.print_of(print_id=print_id))


@router.patch("/prints/{print_id}", response=answers(PrintView, 404), auth=needs(Scope.OPERATE))
def change_print(request: HttpRequest, print_id: UUID, asked: PrintChange) -> PrintView:
    """Correct a print; planned shows that refer to it follow."""
    with told():
        known = print_view(book.print_of(print_id=print_id)).dict(exclude={"id"})
        wanted = {**known, **{name: value for name, value in asked.dict().items() if value is not None}}
        return print_view(book.change_print(print_id=print_id, **wanted))


@router.delete("/prints/{print_id}", response=answers(None, 404, ok=204), auth=needs(Scope.OPERATE))
def remove_print(request: HttpRequest, print_id: UUID) -> Status[None]:
    """Take a print out of the book; one that shows refer to stays."""
    with told():
        book.remove_print(print_id=print_id)
    return Status(204, None)
