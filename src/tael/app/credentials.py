"""What do identity's routes need of others, and what follows when a credential changes or is wrong? Codes, messages, acts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from tael.behaviour.api import Behaviour, device_in_words
from tael.behaviour.model import SPENDING, Act, ActKind, ActResult, Circumstances
from tael.foundation.clock import Clock
from tael.foundation.courier import Subscription, on
from tael.foundation.db import Database, Transaction
from tael.foundation.money import Money
from tael.identity.events import Change, CredentialChanged, ProofRefused
from tael.identity.http import Around
from tael.messages.api import Messages
from tael.messages.model import Language, Post, Value
from tael.users.api import Users

_TEMPLATES: Mapping[Change, str] = {
    Change.PASSWORD: "password_changed",
    Change.PAYMENT_PASSWORD: "payment_password_changed",
    Change.SECOND_FACTOR: "second_factor_changed",
    Change.PASSKEY_ADDED: "passkey_added",
    Change.PASSKEY_REMOVED: "passkey_removed",
    Change.DEVICE_REVOKED: "device_revoked",
    Change.SMALL_AMOUNTS: "small_amounts_changed",
}
_NAMES_DEVICE = ("passkey_added", "passkey_removed", "device_revoked")
_ACTS: Mapping[str, tuple[str, str]] = {
    "": ("prove that it is you", "验证本人身份"),
    "lift_restriction": ("lift a restriction", "解除限制"),
}
"""What a code is for, in English and in Chinese, where it is not about money."""
_TRIED: Mapping[str, ActKind] = {
    **{kind.value: kind for kind in SPENDING},
    "red_packet": ActKind.TRANSFER,
    "top_up_refund": ActKind.WITHDRAWAL,
    "sign_in": ActKind.SIGN_IN,
    "prove": ActKind.SIGN_IN,
}
"""What somebody was about to do whose proof was wrong, by the act that it confirms or by what it was shown for; else a change."""


def around_of(database: Database, clock: Clock, users: Users, messages: Messages) -> Around:
    """What identity's routes need of others."""

    async def called(user_id: str) -> str:
        user = (await users.find([user_id])).get(user_id)
        return user.phone_shown if user is not None else user_id

    return Around(
        database=database,
        clock=clock,
        send=_sender(messages),
        known_of=users.known_in_clear,
        called=called,
    )


def when_credentials_change(users: Users, messages: Messages, behaviour: Behaviour) -> Sequence[Subscription]:
    """It is among what its user did, and they hear of it; so is, as tried, what was wrong. Of the portal's people there is no user."""

    async def tell(tx: Transaction, facts: Sequence[CredentialChanged]) -> None:
        behind = await users.users_behind(tx, [fact.object_id for fact in facts])
        changed = [(behind[fact.object_id].id, fact) for fact in facts if fact.object_id in behind]
        await messages.post(tx, [_post_to(user_id, fact) for user_id, fact in changed])
        await behaviour.record(tx, [_act_of(user_id, fact) for user_id, fact in changed])

    async def count(tx: Transaction, facts: Sequence[ProofRefused]) -> None:
        behind = await users.users_behind(tx, [fact.object_id for fact in facts])
        tried = [(behind[fact.object_id].id, fact) for fact in facts if fact.object_id in behind]
        await behaviour.record(tx, [_try_of(user_id, fact) for user_id, fact in tried])

    return [on(CredentialChanged, do=tell), on(ProofRefused, do=count)]


def _post_to(user_id: str, fact: CredentialChanged) -> Post:
    template = _TEMPLATES[fact.what]
    values: dict[str, Value] = {"at": fact.happened_at}
    if template in _NAMES_DEVICE:
        device = device_in_words(fact.device)
        values["device"] = f"“{fact.called}” ({device})" if fact.called else device
    return Post(to=user_id, template=template, values=values)


def _act_of(user_id: str, fact: CredentialChanged) -> Act:
    return Act(
        user_id=user_id,
        kind=ActKind.CHANGE,
        what=fact.what,
        circumstances=_circumstances_of(fact),
    )


def _try_of(user_id: str, fact: ProofRefused) -> Act:
    return Act(
        user_id=user_id,
        kind=_TRIED.get(fact.act or fact.action, ActKind.CHANGE),
        what=fact.factor,
        result=ActResult.FAILED,
        circumstances=_circumstances_of(fact),
    )


def _circumstances_of(fact: CredentialChanged | ProofRefused) -> Circumstances:
    return Circumstances(
        at=fact.happened_at,
        address=fact.address or None,
        device_id=fact.device_id,
        user_agent=fact.device or None,
    )


def _sender(
    messages: Messages,
) -> Callable[[Transaction, str, str, Mapping[str, str]], Awaitable[None]]:
    async def send(tx: Transaction, user_id: str, code: str, words: Mapping[str, str]) -> None:
        if {"amount", "currency", "to"} <= words.keys():
            values: dict[str, Value] = {
                "code": code,
                "amount": Money.parse(words["amount"], words["currency"]),
                "payee": words["to"],
            }
            await messages.post(tx, [Post(to=user_id, template="code_confirm_payment", values=values)])
            return
        language = (await messages.languages(tx, [user_id]))[user_id]
        act = _ACTS.get(words.get("act", ""), _ACTS[""])[language is Language.CHINESE]
        await messages.post(
            tx, [Post(to=user_id, template="code_confirm", values={"code": code, "act": act})]
        )

    return send
