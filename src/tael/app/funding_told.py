"""What is a user told of their cards, top-ups and withdrawals? One message for each fact, in their language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.funding.events import (
    BankCardBound,
    BankCardRefused,
    BankCardUnbound,
    CardFact,
    MoneyFact,
    TopUpCredited,
    TopUpFailed,
    TopUpOwed,
    TopUpRefunded,
    TopUpRefundFailed,
    WithdrawalMade,
    WithdrawalReturned,
    WithdrawalSucceeded,
)
from tael.messages.api import Messages
from tael.messages.model import Language, Post
from tael.web.ui import i18n as words

_METHOD_REFUSED = "method_refused"
"""Of a failed top-up: it was paid, and the money is on its way back."""
_WHY: Mapping[str, tuple[str, str]] = {
    "expired": ("未在规定时间内付款", "it was not paid in time"),
    "canceled": ("付款已取消", "the payment was canceled"),
    "declined": ("银行拒绝了这张卡的付款", "the bank declined the card"),
    _METHOD_REFUSED: ("不能用该方式充值", "it cannot be topped up in this way"),
    "card_of_another": (
        "银行登记的持卡人或预留手机号与您不一致",
        "the bank knows it in another name, or with another telephone",
    ),
    "card_not_usable": ("该卡不可用", "it cannot be used"),
    "no_answer": ("银行未答复", "the bank did not answer"),
    "not_asked": ("绑定中断，请重新添加", "it was interrupted: please add it again"),
    "no_channel": ("暂时没有银行可以受理", "no bank could take it"),
}
_SPOKEN = (words.Language.CHINESE, words.Language.ENGLISH)
_OTHERWISE = ("银行未能受理(代码 {code})", "the bank did not take it (code {code})")


def when_money_moves(messages: Messages) -> Sequence[Subscription]:
    """Who hears of cards, top-ups and withdrawals."""

    async def tell(tx: Transaction, facts: Sequence[CardFact | MoneyFact]) -> None:
        spoken = await messages.languages(tx, [fact.user_id for fact in facts])
        posts = [
            post_about(fact, chinese=spoken.get(fact.user_id, Language.CHINESE) is Language.CHINESE)
            for fact in facts
        ]
        await messages.post(tx, posts)

    return [on(*_POSTS, do=tell)]


def post_about(fact: CardFact | MoneyFact, *, chinese: bool) -> Post:
    """What a fact is told as."""
    template, values = _POSTS[type(fact)]
    if isinstance(fact, TopUpFailed) and fact.reason == _METHOD_REFUSED:
        template = "top_up_returned"
    return Post(to=fact.user_id, template=template, values=values(fact, 0 if chinese else 1))


def why(reason: str, language: int) -> str:
    """A reason in words. language: 0 Chinese, 1 English."""
    return _WHY[reason][language] if reason in _WHY else _OTHERWISE[language].format(code=reason)


def _of_card(fact: Any, _: int) -> Mapping[str, Any]:
    return {"card": fact.shown, "at": fact.happened_at}


def _not_added(fact: Any, language: int) -> Mapping[str, Any]:
    return {"card": fact.shown, "why": why(fact.reason, language)}


def _money(fact: MoneyFact) -> Money:
    return Money(fact.amount_minor, fact.currency)


def _paid_with(fact: MoneyFact, language: int) -> str:
    """The card, masked, or what pages call the method."""
    return words.CATALOGUES[_SPOKEN[language]].word("method_of", fact.card)


def _arrived(fact: Any, language: int) -> Mapping[str, Any]:
    return {"amount": _money(fact), "card": _paid_with(fact, language)}


def _begun(fact: Any, language: int) -> Mapping[str, Any]:
    return {"amount": _money(fact), "card": _paid_with(fact, language), "at": fact.happened_at}


def _not_topped_up(fact: Any, language: int) -> Mapping[str, Any]:
    return {"amount": _money(fact), "why": why(fact.reason, language)}


def _came_back(fact: Any, language: int) -> Mapping[str, Any]:
    return {"amount": _money(fact), "card": _paid_with(fact, language), "why": why(fact.reason, language)}


_POSTS: Mapping[type, tuple[str, Callable[[Any, int], Mapping[str, Any]]]] = {
    BankCardBound: ("card_bound", _of_card),
    BankCardRefused: ("card_refused", _not_added),
    BankCardUnbound: ("card_unbound", _of_card),
    TopUpCredited: ("top_up_succeeded", _arrived),
    TopUpFailed: ("top_up_failed", _not_topped_up),
    TopUpRefunded: ("top_up_refunded", _arrived),
    TopUpRefundFailed: ("top_up_refund_failed", _came_back),
    TopUpOwed: ("top_up_owed", _arrived),
    WithdrawalMade: ("withdrawal_begun", _begun),
    WithdrawalSucceeded: ("withdrawal_arrived", _arrived),
    WithdrawalReturned: ("withdrawal_failed", _came_back),
}
