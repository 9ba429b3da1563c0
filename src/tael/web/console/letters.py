"""What reached people, and what do we say to them? The delivery log, one message, sending again, the templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.clock import CHINA
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.ids import check_id
from tael.messages.api import DeliveryFilter, SendAgain, Template, templates
from tael.messages.model import Attempt, Delivery, DeliveryState, Urgency, Way
from tael.web.console.acting import action, call, done, may, page, settled
from tael.web.console.asking import Question, Shown, show_person
from tael.web.console.behind import Behind
from tael.web.console.cells import NOTHING, Cell, Section, at, link, text, user, word, words_for
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of
from tael.web.ui.acting import Made, On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest, reader_of

READ, CHANGE = "messages.read", "messages.change"
HOME, TEMPLATES = "/console/messages", "/console/message-templates"
DELIVERY_COLUMNS = ("message", "user", "way", "address", "state", "why", "attempts", "when", "next")
ATTEMPT_COLUMNS = ("when", "number", "asked_only", "outcome", "why", "took")
TEMPLATE_COLUMNS = ("message", "title", "urgency", "ways", "values")
_TONES: Mapping[str, str] = {
    DeliveryState.QUEUED: "warning",
    DeliveryState.SENT: "good",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "danger",
    DeliveryState.UNKNOWN: "warning",
}


_DID_NOT_ARRIVE = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED)


class NoSuchTemplate(NotFound):
    """We have no such message."""

    code = "console.no_such_template"


def letter_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The log, one message, templates."""
    return [
        *list_routes(behind, _log(behind)),
        _one(behind),
        _again(behind),
        _templates(),
        _template(),
    ]


# The log.


def delivery_row(delivery: Delivery, _: Reader) -> Sequence[Cell]:
    """One message on one way: never what it says."""
    return (
        link(delivery.template, f"{HOME}/{delivery.message_id}", code=True),
        user(delivery.user_id),
        word("way_of", delivery.way),
        text(delivery.address),
        word("delivery_state_of", delivery.state, _TONES.get(delivery.state, "neutral")),
        text(delivery.error, code=True),
        text(delivery.attempts),
        at(delivery.created_at),
        at(delivery.next_attempt_at),
    )


def _log(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[Delivery]:
        wanted = DeliveryFilter(
            user_id=asked["user"] or None,
            way=one_of(Way, asked["way"]),
            state=one_of(DeliveryState, asked["state"]),
            urgency=one_of(Urgency, asked["urgency"]),
            template=asked["template"] or None,
            before=before,
            limit=limit,
        )
        return await behind.messages.list_deliveries(wanted)

    return Listing(
        here="deliveries",
        address=HOME,
        permission=READ,
        columns=DELIVERY_COLUMNS,
        filters=(
            Filter(name="state", options=list(DeliveryState), words="delivery_state_of", chips=True),
            Filter(name="way", options=list(Way), words="way_of"),
            Filter(name="urgency", options=list(Urgency), words="urgency_of"),
            Filter(name="template"),
            Filter(name="user"),
        ),
        read=read,
        row=delivery_row,
    )


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{message_id:str}}", permission=READ)
    async def show_message(request: PageRequest, message_id: FromPath[str]) -> Response[bytes]:
        return await _message_page(behind, request, message_id, Form())

    return show_message


async def _message_page(behind: Behind, request: PageRequest, id: str, form: Form) -> Response[bytes]:
    found, attempts = await behind.messages.deliveries_of(check_id(id, prefix="msg", field="message_id"))
    first = found[0]
    again = Question(name="send_again", address=f"{HOME}/{id}/again")
    did_not = [each for each in found if each.state in _DID_NOT_ARRIVE and each.address]
    offered = did_not and first.urgency is not Urgency.CODE and may(request, CHANGE)
    return show_person(
        request,
        Shown(
            here="deliveries",
            heading=first.template,
            back=HOME,
            pills=[word("urgency_of", first.urgency, "neutral"), text(id, code=True)],
            question=again if offered else None,
            sections=[
                Section(
                    name="particulars",
                    facts=[("user", user(first.user_id)), ("template", template_link(first.template))],
                ),
                Section(
                    name="deliveries",
                    columns=DELIVERY_COLUMNS,
                    rows=[delivery_row(each, _NOBODY) for each in found],
                ),
                Section(
                    name="attempts",
                    columns=ATTEMPT_COLUMNS,
                    rows=[_attempt_row(each) for each in attempts],
                ),
            ],
        ),
        form,
    )


_NOBODY = Reader(names={}, now=datetime.min.replace(tzinfo=CHINA), permissions=frozenset())


def template_link(name: str) -> Cell:
    """A message by its name."""
    return link(name, f"{TEMPLATES}/{name}", code=True)


def _attempt_row(attempt: Attempt) -> Sequence[Cell]:
    return (
        at(attempt.started_at),
        text(attempt.number),
        word("yes_no_of", "yes") if attempt.asked else NOTHING,
        word("delivery_state_of", attempt.outcome, _TONES.get(attempt.outcome, "neutral")),
        text(attempt.error, code=True),
        text(f"{attempt.milliseconds} ms"),
    )


def _again(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{message_id:str}}/again", permission=CHANGE)
    async def send_again(request: PageRequest, message_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(message_id, prefix="msg", field="message_id")
        try:
            asked = call(request, form, "messages.send_again", On(id), SendAgain(message_id=id))
            settled(await behind.messages.answer(asked, shown=lambda _: (id, Made(id))))
        except Refusal as refusal:
            return await _message_page(behind, request, id, form.refused(refusal))
        return done(f"{HOME}/{id}", "sent_again")

    return send_again


# What we say.


def _templates() -> HTTPRouteHandler:
    @page(TEMPLATES, permission=READ)
    async def show_templates(request: PageRequest) -> Response[bytes]:
        language = reader_of(request).language
        rows = [_template_row(each, str(language)) for each in templates().values()]
        return show_person(
            request,
            Shown(
                here="message_templates",
                heading="",
                back=HOME,
                sections=[Section(name="templates", columns=TEMPLATE_COLUMNS, rows=rows)],
            ),
        )

    return show_templates


def _template_row(template: Template, language: str) -> Sequence[Cell]:
    words = {str(each): said for each, said in template.words.items()}
    return (
        template_link(template.name),
        text(words[language].title),
        word("urgency_of", template.kind.urgency),
        words_for("way_of", template.kind.ways),
        text(", ".join(template.kind.values)),
    )


class _Article(msgspec.Struct, frozen=True):
    """A message as it is read."""

    title: str
    text: str


def _template() -> HTTPRouteHandler:
    @page(f"{TEMPLATES}/{{name:str}}", permission=READ)
    async def show_template(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
        found = templates().get(name)
        if found is None:
            raise NoSuchTemplate(f"There is no message {name[:60]!r}.")
        articles = [
            _Article(f"{language} · {kind}", said)
            for language, words in found.words.items()
            for kind, said in ((words.title, words.text), ("SMS", words.text_sms))
            if said
        ]
        return show_person(
            request,
            Shown(
                here="message_templates",
                heading=found.name,
                back=TEMPLATES,
                pills=[word("urgency_of", found.kind.urgency, "neutral")],
                sections=[
                    Section(
                        name="particulars",
                        facts=[
                            ("ways", words_for("way_of", found.kind.ways)),
                            (
                                "values",
                                text(", ".join(f"{key}: {of}" for key, of in found.kind.values.items())),
                            ),
                        ],
                    )
                ],
                articles=articles,
            ),
        )

    return show_template
