"""What do bills of top-ups and withdrawals say beside what the books say? The card, the fee, and how far it is."""

from collections.abc import Mapping, Sequence

from tael.funding import store
from tael.funding.model import BankCard, TopUp, Withdrawal, WithdrawalState
from tael.funding.usecases.ground import Ground
from tael.wallets.model.bills import BillDetails, BillKind, BillState

KINDS = (BillKind.TOP_UP, BillKind.TOP_UP_REFUND, BillKind.WITHDRAWAL)

_STATES = {
    WithdrawalState.PROCESSING: BillState.ON_ITS_WAY,
    WithdrawalState.SUCCEEDED: BillState.DONE,
    WithdrawalState.FAILED: BillState.RETURNED,
    WithdrawalState.RETURNED: BillState.RETURNED,
}


async def describe(ground: Ground, references: Sequence[str]) -> Mapping[str, BillDetails]:
    """What is known of top-ups and withdrawals, by their ids."""
    async with ground.database.transaction() as tx:
        top_ups = await store.find_top_ups(tx, references)
        withdrawals = await store.find_withdrawals(tx, references)
        named = {each.bank_card_id for each in top_ups} | {each.bank_card_id for each in withdrawals}
        cards = await store.find_cards(tx, sorted(each for each in named if each is not None))
    return {
        **{each.id: _of_top_up(each, cards) for each in top_ups},
        **{each.id: _of_withdrawal(each, cards) for each in withdrawals},
    }


def _of_top_up(top_up: TopUp, cards: Mapping[str, BankCard]) -> BillDetails:
    card = cards.get(top_up.bank_card_id or "")
    return BillDetails(card=card.shown if card is not None else "", fee_minor=top_up.fee_minor)


def _of_withdrawal(withdrawal: Withdrawal, cards: Mapping[str, BankCard]) -> BillDetails:
    card = cards.get(withdrawal.bank_card_id)
    return BillDetails(
        card=card.shown if card is not None else "",
        fee_minor=withdrawal.fee_minor,
        state=_STATES[withdrawal.state],
        arrives_at=withdrawal.arrives_by,
    )
