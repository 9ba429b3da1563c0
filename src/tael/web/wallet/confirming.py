"""Is this what somebody wants? An act with money is shown once more, and confirmed as strongly as it has to be.

A page does its act through `carry_out`. If something has to be shown for it, the answer is a sheet with the act in words, which
takes one factor after the other and brings the form of the act along; what its user lets pass is done at once. What was confirmed is bound to the act by its digest: a form that was changed on the way has no confirmation.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.db import Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.identity.errors import ConfirmationExpired, ConfirmationUsed, NotConfirmed
from tael.identity.model import Confirmation, Factor, Strength
from tael.wallets.errors import ConfirmationMissing
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, me, once, page, show, visitor_of
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import of_proof
from tael.web.wallet.session import HOME

_PROOFS = ("factor", "proof", "proof_question", "step", "confirmation")
"""Fields of the sheet itself."""
_ORDER = (Factor.PASSKEY, Factor.PAYMENT_PASSWORD, Factor.CODE, Factor.AUTHENTICATOR)
_ASKS = (ConfirmationMissing.code, NotConfirmed.code)

T = TypeVar("T")


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act with money, as a page does it."""

    here: str
    """On which page."""
    address: str
    """Where its form is sent."""
    back: str
    """Where whoever does not want it goes."""
    do: Callable[[str | None], Awaitable[object]]
    """With the id of a confirmation, or none; raises what is refused."""
    ask: Callable[[Strength], Awaitable[str]]
    """The id of a confirmation of exactly this act, at least so strong; empty if nothing has to be shown, as far as is known."""


async def carry_out(
    behind: Behind, request: PageRequest, form: Form, act: Act, wanted: Callable[[object], T]
) -> T | Response[bytes]:
    """What came of the act, as `wanted` reads it; or the sheet on which it is confirmed. Raises what the act is refused for."""
    try:
        shown = await _shown(behind, request, form)
    except (ConfirmationExpired, ConfirmationUsed):
        shown = None  # asked anew if need be; what was done once has its answer under the name of its form
    except Refusal as refusal:
        wrong = of_proof(refusal, form.text("factor"))
        return await sheet(behind, request, act, form.refused(wrong, secret=("proof",)))
    if shown is not None and (shown.missing or form.text("step") == "code"):
        return await sheet(behind, request, act, _again(form))
    asked = "" if form.text("confirmation") else await act.ask(Strength.NONE)
    if not asked:
        try:
            return wanted(await act.do(form.text("confirmation") or None))
        except Refusal as refusal:
            if refusal.code not in _ASKS:
                raise
            strength = Strength(str(refusal.facts.get("strength", Strength.SIGNED)))
        asked = await act.ask(strength)
    kept = {name: given for name, given in form.values.items() if name not in _PROOFS}
    return await sheet(behind, request, act, Form(values=kept | {"confirmation": asked}))


async def sheet(behind: Behind, request: PageRequest, act: Act, form: Form) -> Response[bytes]:
    """The act in words, and what can be shown for it next."""
    present, identity = me(request).present, behind.people.identity
    asked = await identity.confirmation(present, form.text("confirmation"))
    words = dict(asked.words)
    return await show(
        behind,
        request,
        "wallet/confirm.html",
        here=act.here,
        form=form,
        act=act,
        confirmation=asked,
        words=words,
        whole=_money(words, "amount") if "amount" in words else None,
        fee=_money(words, "fee") if "fee" in words else None,
        offers=await _offers(behind, request, asked),
        kept={name: given for name, given in form.values.items() if name not in _PROOFS},
        rests_minutes=-(-(form.refusal.retry_after_seconds or 0) // 60) if form.refusal else 0,
    )


async def _shown(behind: Behind, request: PageRequest, form: Form) -> Confirmation | None:
    """The confirmation after what this form shows for it; none if the form shows nothing."""
    said = form.text("confirmation")
    if not said:
        return None
    present, identity = me(request).present, behind.people.identity
    confirmation_id = check_id(said, prefix="cfm", field="confirmation")
    if form.text("step") == "code":

        async def send(tx: Transaction) -> None:
            asked, code = await identity.make_confirmation_code(tx, present, confirmation_id)
            await behind.people.send(tx, me(request).owner, code, asked.words)

        await once(behind, request, form, "identity.send_confirmation_code", send, secret=("proof",))
        return await identity.confirmation(present, confirmation_id)
    factor = form.text("factor")
    if factor not in set(Factor):
        raise Malformed("The page was not sent whole.", field="factor", hint="Open the page again.")
    proof = form.text("proof").strip()
    return await identity.confirm(present, confirmation_id, Factor(factor), proof, visitor_of(request))


async def _offers(behind: Behind, request: PageRequest, asked: Confirmation) -> Sequence[Factor]:
    """What this person can show next: first of sets of which they have every factor."""
    present, identity = me(request).present, behind.people.identity
    login = present.login.id
    has = {Factor.CODE}
    if present.login.has_second_factor:
        has.add(Factor.AUTHENTICATOR)
    if await identity.has_payment_password(login):
        has.add(Factor.PAYMENT_PASSWORD)
    if await identity.passkeys(login):
        has.add(Factor.PASSKEY)
    ways = [one for one in asked.missing if set(one) <= has]
    first = {next(each for each in _IN_TURN if each in one) for one in ways if one}
    return [factor for factor in _ORDER if factor in first]


_IN_TURN = (Factor.PAYMENT_PASSWORD, Factor.PASSKEY, Factor.CODE, Factor.AUTHENTICATOR)
"""Of a set of several, what is asked for first: what costs nothing to ask."""


def confirming_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """What a passkey is asked to sign; the sheet's script fetches it."""

    @page(f"{HOME}/confirmations/{{confirmation_id:str}}/passkey", permission=LOOK)
    async def ask_passkey_for_act(request: PageRequest, confirmation_id: FromPath[str]) -> Response[bytes]:
        named = check_id(confirmation_id, prefix="cfm", field="confirmation_id")
        asked = await behind.people.identity.ask_passkey(me(request).present, confirmation_id=named)
        return Response(
            msgspec.json.encode(asked), media_type="application/json", headers=file_headers("no-store")
        )

    return [ask_passkey_for_act]


def _again(form: Form) -> Form:
    """The form with what was shown taken out."""
    return Form(values={name: given for name, given in form.values.items() if name not in ("proof", "step")})


def _money(words: Mapping[str, str], name: str) -> Money:
    return Money.parse(words[name], words["currency"])
