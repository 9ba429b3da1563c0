"""What is a user told when their standing changes? What, why, and how to object, in their language.

A hidden restriction is told as a check: the fact itself says no more (`standing.events`).
"""

from collections.abc import Callable, Mapping, Sequence

from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.foundation.money import Money
from tael.messages.api import Messages
from tael.messages.model import Language, Post, Value
from tael.standing.api import answer_in_words, limits_in_words, permissions_in_words, reason_in_words
from tael.standing.events import (
    ObjectionAnswered,
    RequestDecided,
    RestrictionLifted,
    RestrictionSet,
    StandingChanged,
)
from tael.standing.model import CLASSES, ObjectionState, Permission, PersonalLimit, Reason, RequestState

_TOLD_ELSEWHERE = frozenset({Reason.EVIDENCE, Reason.REQUEST_APPROVED, Reason.CLOSED})
"""Verification, the decision about a request, and the closing of an account have messages of their own."""
_OUTCOMES = {True: ("已通过", "approved"), False: ("未通过", "not approved")}


def when_standing_changes(messages: Messages) -> Sequence[Subscription]:
    """Who hears of standings."""

    async def tell(tx: Transaction, facts: Sequence[Event]) -> None:
        spoken = await messages.languages(tx, [fact.object_id for fact in facts])
        told = [posts_about(fact, chinese=spoken[fact.object_id] is Language.CHINESE) for fact in facts]
        await messages.post(tx, [post for posts in told for post in posts])

    return [on(*_POSTS, do=tell)]


def posts_about(fact: Event, *, chinese: bool) -> Sequence[Post]:
    """What a fact is told as; nothing of those that another message tells."""
    return _POSTS[type(fact)](fact, chinese=chinese)


def _restricted(fact: RestrictionSet, *, chinese: bool) -> Sequence[Post]:
    why, at = reason_in_words(fact.reason, chinese=chinese), fact.happened_at
    if fact.amount_minor is not None and fact.currency is not None:
        amount = Money(fact.amount_minor, fact.currency)
        return [_post(fact, "balance_frozen", amount=amount, why=why, at=at)]
    what = permissions_in_words(fact.takes, chinese=chinese)
    return [_post(fact, "account_restricted", what=what, why=why, at=at)]


def _lifted(fact: RestrictionLifted, *, chinese: bool) -> Sequence[Post]:
    if fact.amount_minor is not None and fact.currency is not None:
        amount = Money(fact.amount_minor, fact.currency)
        return [_post(fact, "balance_thawed", amount=amount, at=fact.happened_at)]
    what = permissions_in_words(fact.takes, chinese=chinese)
    return [_post(fact, "restriction_lifted", what=what, at=fact.happened_at)]


def _changed(fact: StandingChanged, *, chinese: bool) -> Sequence[Post]:
    why, level = reason_in_words(fact.reason, chinese=chinese), str(fact.account_class)
    before, after = CLASSES.index(fact.account_class_before), CLASSES.index(fact.account_class)
    posts = []
    if after < before:
        posts.append(_post(fact, "account_class_lowered", level=level, why=why))
    elif after > before and fact.reason not in _TOLD_ELSEWHERE:
        posts.append(_post(fact, "account_class_changed", level=level))
    if fact.limits and fact.reason not in _TOLD_ELSEWHERE:
        what = limits_in_words(fact.limits, chinese=chinese)
        posts.append(_post(fact, "limits_changed", what=what, why=why))
    return posts


def _decided(fact: RequestDecided, *, chinese: bool) -> Sequence[Post]:
    about = _about(fact.permission, fact.limit, chinese=chinese)
    outcome = _outcome(yes=fact.state is RequestState.APPROVED, chinese=chinese)
    return [_post(fact, "request_decided", about=about, outcome=outcome, why=fact.answer)]


def _answered(fact: ObjectionAnswered, *, chinese: bool) -> Sequence[Post]:
    about = "账户受限" if chinese else "the restriction"
    outcome = _outcome(yes=fact.state is ObjectionState.GRANTED, chinese=chinese)
    why = answer_in_words(fact.answer, chinese=chinese)
    return [_post(fact, "objection_decided", about=about, outcome=outcome, why=why)]


def _post(fact: Event, template: str, **values: Value) -> Post:
    return Post(to=fact.object_id, template=template, values=values)


def _about(permission: Permission | None, limit: PersonalLimit | None, *, chinese: bool) -> str:
    if permission is not None:
        return permissions_in_words([permission], chinese=chinese)
    return limits_in_words([] if limit is None else [limit], chinese=chinese)


def _outcome(*, yes: bool, chinese: bool) -> str:
    return _OUTCOMES[yes][0 if chinese else 1]


_POSTS: Mapping[type[Event], Callable[..., Sequence[Post]]] = {
    RestrictionSet: _restricted,
    RestrictionLifted: _lifted,
    StandingChanged: _changed,
    RequestDecided: _decided,
    ObjectionAnswered: _answered,
}
