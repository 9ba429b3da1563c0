"""What is somebody asked on a page about people, and how does their answer come back? Forms of a few fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from tael.foundation.ids import check_id
from tael.web.console.acting import show
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Cell, Press, Section, Tab, Way
from tael.web.console.onboarding import form_words
from tael.web.console.person_views import name_of
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

WHY = Entry(name="note", kind="area", words="why")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A form. Its words are `console.form_of.NAME`, `.form_meaning_of.NAME` and, on its button, `.press_of.NAME`."""

    name: str
    address: str
    entries: Sequence[Entry] = ()
    together: bool = False
    """Whether it only proposes, and another person decides."""
    dangerous: bool = False
    choice: str = ""
    """The name of what the button that is pressed says."""
    choices: Sequence[tuple[str, str, str]] = ()
    """Instead of one button several: what each says, its words, and how it looks."""


YES_OR_NO = (("true", "approve", "primary"), ("false", "refuse", "danger"))


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One page about one thing."""

    here: str
    heading: str
    back: str
    pills: Sequence[Cell] = ()
    tabs: Sequence[Tab] = ()
    tab: str = ""
    notes: Sequence[tuple[str, str]] = ()
    """What has to be known first, each `console.person_note_of.NAME`, and where it leads."""
    ways: Sequence[Way] = ()
    presses: Sequence[Press] = ()
    question: Question | None = None
    sections: Sequence[Section] = ()
    articles: Sequence[Any] = ()


def show_person(request: PageRequest, shown: Shown, form: Form | None = None) -> Response[bytes]:
    """A page with facts, tables, and what whoever looks at it may do."""
    return show(
        request,
        "console/person_page.html",
        form=form or Form(),
        given={},
        choices={},
        **form_words(request),
        **{name: getattr(shown, name) for name in Shown.__struct_fields__},
    )


def show_question(
    request: PageRequest,
    question: Question,
    form: Form,
    *,
    here: str,
    about: str,
    back: str,
    choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> Response[bytes]:
    """A form on a page of its own.

    about    in words, whom or what it is about
    choices  what may be chosen, of entries whose options have no words of their own
    """
    return show(
        request,
        "console/person_form.html",
        here=here,
        form=form,
        question=question,
        about=about,
        back=back,
        given={},
        choices=choices or {},
        **form_words(request),
    )


async def ask_about_user(
    behind: Behind,
    request: PageRequest,
    user_id: str,
    form: Form,
    *,
    name: str,
    entries: Sequence[Entry],
) -> Response[bytes]:
    """What is asked before something grave is done about a user: `/console/users/{id}/NAME`. Refuses `NoSuchUser`."""
    known = await behind.users.reads.known(check_id(user_id, prefix="usr", field="user_id"))
    home = f"/console/users/{known.user.id}"
    question = Question(name=name, address=f"{home}/{name}", entries=entries, dangerous=True)
    return show_question(request, question, form, here="users", about=name_of(known), back=home)
