"""Who are our merchants, who waits at the door, and what is decided about them? A list, each of them, and forms."""

import re
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.clock import CHINA
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.money import Money
from tael.foundation.proposals import ProposalState
from tael.merchants.api import Asked, action_of
from tael.merchants.errors import NoSuchMerchant, NoSuchMerchantRecord
from tael.merchants.model import ApplicationState, MerchantFilter, MerchantState, RiskLevel
from tael.merchants.schemas import Command, Propose
from tael.web.console.acting import action, call, done, page, settled, show, who
from tael.web.console.behind import Behind
from tael.web.console.commands import percent_typed
from tael.web.console.merchant_asks import FEE_ROWS, FIELDS, MERCHANT_ASKS, MerchantAsk
from tael.web.console.onboarding import form_words
from tael.web.ui.formats import amount_text
from tael.web.ui.forms import Form, read_form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

READ, CHANGE = "merchants.read", "merchants.change"
PAGE_OF = 50
QUEUE = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)
"""Who waits for us."""
REVIEWED_AGAIN = timedelta(days=365)
"""When the risk of a merchant is looked at again, unless somebody says another day."""
_ID = re.compile(r"[a-z]{2,6}_[0-9a-z]{26}")
_SHOWN_INLINE = frozenset({"image/png", "image/jpeg"})


class NoSuchMerchantForm(NotFound):
    """There is no form of that name."""

    code = "console.no_such_merchant_form"


class _Said(msgspec.Struct, frozen=True):
    """What a form said, and about whom."""

    about: str
    what: str
    command: Command[Any]


def merchant_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, one merchant, its papers, its history, and the forms."""
    return [
        _list(behind),
        _queue(behind),
        _one(behind),
        _history(behind),
        _document(behind),
        *_forms(behind),
    ]


def _asked(request: PageRequest, name: str) -> str:
    """What the address asks for; what nobody can read is as good as not said."""
    text = str(request.query_params.get(name, ""))[:64]
    return text if text.isprintable() else ""


def _named(text: str, error: type[NotFound] = NoSuchMerchant) -> str:
    """An id in an address; refuses as not found what cannot be one."""
    if not _ID.fullmatch(text):
        raise error(f"There is nothing with the id {text[:40]!r}.")
    return text


def _list(behind: Behind) -> HTTPRouteHandler:
    @page("/console/merchants", permission=READ)
    async def show_merchants(request: PageRequest) -> Response[bytes]:
        state, risk, name = _asked(request, "state"), _asked(request, "risk"), _asked(request, "name").strip()
        wanted = MerchantFilter(
            state=MerchantState(state) if state in set(MerchantState) else None,
            risk=RiskLevel(risk) if risk in set(RiskLevel) else None,
            name=name or None,
            after=_asked(request, "after") or None,
            limit=PAGE_OF + 1,
        )
        found = await behind.merchants.reads.merchants(wanted)
        counts = await behind.merchants.reads.counts()
        return show(
            request,
            "console/merchants.html",
            here="merchants",
            rows=found[:PAGE_OF],
            after=found[PAGE_OF - 1].id if len(found) > PAGE_OF else "",
            counts=[(each, counts.get(f"merchant.{each}", 0)) for each in MerchantState],
            total=sum(counts.get(f"merchant.{each}", 0) for each in MerchantState),
            wanted=wanted,
            risks=list(RiskLevel),
            today=behind.clock.now().astimezone(CHINA).date(),
        )

    return show_merchants


def _queue(behind: Behind) -> HTTPRouteHandler:
    @page("/console/applications", permission=READ)
    async def show_applications(request: PageRequest) -> Response[bytes]:
        asked = _asked(request, "state")
        state = asked if asked in set(ApplicationState) else ApplicationState.SUBMITTED
        wanted = MerchantFilter(application=state, after=_asked(request, "after") or None, limit=PAGE_OF + 1)
        found = await behind.merchants.reads.merchants(wanted)
        counts = await behind.merchants.reads.counts()
        return show(
            request,
            "console/applications.html",
            here="applications",
            rows=found[:PAGE_OF],
            after=found[PAGE_OF - 1].id if len(found) > PAGE_OF else "",
            counts=[(each, counts.get(f"application.{each}", 0)) for each in ApplicationState],
            state=state,
            queue=QUEUE,
        )

    return show_applications


def _one(behind: Behind) -> HTTPRouteHandler:
    @page("/console/merchants/{merchant_id:str}", permission=READ)
    async def show_merchant(request: PageRequest, merchant_id: FromPath[str]) -> Response[bytes]:
        shared = await _shared(behind, merchant_id)
        reads = behind.merchants.reads
        return show(
            request,
            "console/merchant.html",
            here="merchants",
            **shared,
            twins=await behind.merchants.find(list(await reads.same_company(merchant_id))),
            stores=await reads.stores(merchant_id, limit=PAGE_OF),
            lines=await reads.history(merchant_id, limit=10),
            offered=_offered(shared["view"]),
            money=lambda minor, currency="CNY": amount_text(
                Money(minor, currency), reader_of(request).language
            ),
            verb=_verbs(request),
        )

    return show_merchant


def _history(behind: Behind) -> HTTPRouteHandler:
    @page("/console/merchants/{merchant_id:str}/history", permission=READ)
    async def show_merchant_history(request: PageRequest, merchant_id: FromPath[str]) -> Response[bytes]:
        text = _asked(request, "before")
        before = int(text) if text.isdecimal() and len(text) <= 15 else None
        lines = await behind.merchants.reads.history(_named(merchant_id), before=before, limit=PAGE_OF + 1)
        return show(
            request,
            "console/merchant_history.html",
            here="merchants",
            **await _shared(behind, merchant_id),
            lines=lines[:PAGE_OF],
            more=lines[PAGE_OF - 1].seq if len(lines) > PAGE_OF else None,
            verb=_verbs(request),
        )

    return show_merchant_history


def _verbs(request: PageRequest) -> Any:
    """What a line of the history is called; the verb itself if it has no words."""
    messages = CATALOGUES[reader_of(request).language].messages
    return lambda what: messages.get(f"console.merchant_verb_of.{what.split('.')[-1]}", what)


def _document(behind: Behind) -> HTTPRouteHandler:
    @page("/console/merchants/{merchant_id:str}/documents/{document_id:str}", permission=READ)
    async def get_document(
        request: PageRequest, merchant_id: FromPath[str], document_id: FromPath[str]
    ) -> Response[bytes]:
        document, content = await behind.merchants.open_document(
            _named(merchant_id), _named(document_id, NoSuchMerchantRecord), actor=who(request)
        )
        inline = document.media_type in _SHOWN_INLINE
        return Response(
            content,
            media_type=document.media_type if inline else "application/octet-stream",
            headers={
                "content-disposition": f'{"inline" if inline else "attachment"}; filename="{document.id}"',
                "content-security-policy": "sandbox; default-src 'none'",
                "cache-control": "no-store",
            },
        )

    return get_document


async def _shared(behind: Behind, merchant_id: str) -> dict[str, Any]:
    """What every page of a merchant shows; refuses `NoSuchMerchant`."""
    view = await behind.merchants.reads.merchant(_named(merchant_id))
    waiting = await behind.merchants.reads.proposals(
        merchant_id=merchant_id, state=ProposalState.OPEN, limit=20
    )
    return {
        "view": view,
        "merchant": view.merchant,
        "waiting": waiting,
        "names": await behind.people(),
        "today": behind.clock.now().astimezone(CHINA).date(),
    }


def _offered(view: Any) -> list[str]:
    """The forms that make sense now, in the order of the table."""
    application = view.application.state if view.application is not None else None
    return [name for name, ask in MERCHANT_ASKS.items() if ask.is_offered(view.merchant.state, application)]


def _forms(behind: Behind) -> list[HTTPRouteHandler]:
    @page("/console/merchants/{merchant_id:str}/do/{name:str}", permission=CHANGE)
    async def show_merchant_form(
        request: PageRequest, merchant_id: FromPath[str], name: FromPath[str]
    ) -> Response[bytes]:
        return await _form_page(behind, request, merchant_id, name, Form())

    @action("/console/merchants/{merchant_id:str}/do/{name:str}", permission=CHANGE)
    async def send_merchant_form(
        request: PageRequest, merchant_id: FromPath[str], name: FromPath[str]
    ) -> Response[bytes]:
        form, ask, merchant_id = await read_form(request), _ask(name), _named(merchant_id)
        try:
            command = ask.read(form)
            asked = Asked(merchant_id=merchant_id, about=merchant_id, command=command, actor=who(request))
            said = _Said(merchant_id, name, command)
            settled(await behind.merchants.answer(call(request, form, action_of(type(command)), said, asked)))
        except Refusal as refusal:
            if isinstance(refusal, NoSuchMerchant | NoSuchMerchantRecord):
                raise
            return await _form_page(behind, request, merchant_id, name, form.refused(refusal))
        told = "merchant_proposed" if isinstance(command, Propose) else f"merchant_{name}"
        return done(f"/console/merchants/{merchant_id}", told)

    return [show_merchant_form, send_merchant_form]


def _ask(name: str) -> MerchantAsk:
    try:
        return MERCHANT_ASKS[name]
    except KeyError:
        raise NoSuchMerchantForm(f"There is no form {name[:40]!r}.") from None


async def _form_page(
    behind: Behind, request: PageRequest, merchant_id: str, name: str, form: Form
) -> Response[bytes]:
    ask, shared = _ask(name), await _shared(behind, merchant_id)
    return show(
        request,
        "console/merchant_form.html",
        here="merchants",
        form=form,
        **shared,
        **form_words(request),
        name=name,
        ask=ask,
        given=_given(shared),
        fields=FIELDS if name in ("request_changes", "reject") else (),
        rows=range({"change_fee_plan": FEE_ROWS, "add_promotion": 1}.get(name, 0)),
    )


def _given(shared: dict[str, Any]) -> dict[str, str]:
    """What stands in a form before anybody has typed."""
    merchant, settlement = shared["merchant"], shared["view"].settlement
    return {
        "level": merchant.risk or RiskLevel.MEDIUM,
        "reasons": merchant.risk_reasons,
        "review_on": (shared["today"] + REVIEWED_AGAIN).isoformat(),
        "rate": percent_typed(merchant.fee_basis_points, decimals=2),
        "cycle": settlement.cycle,
        "minimum": Money(settlement.minimum_minor, "CNY").decimal(),
        "reserve": percent_typed(settlement.reserve_basis_points, decimals=2),
        "notice_days": "30",
    }
