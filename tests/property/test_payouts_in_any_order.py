"""Whatever channels say of a payout, in whatever order: does the money stay where the books say it is?"""

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tael.channels.port import ErrorClass, Outcome, OutcomeState
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting
from tael.payouts import postings, rules
from tael.payouts.model import Leg, Payout, PayoutState
from tael.payouts.rules import Change, Fact
from tests.property.books_in_memory import BooksInMemory
from tests.unit.test_payouts_rules import AMOUNT, NOW, PAUSES, payout

CNY = "CNY"
SET_ASIDE = AccountSpec("user:usr_1:withdrawing", CNY, AccountClass.LIABILITY, floor_minor=0)
WALLET = AccountSpec("user:usr_1:wallet", CNY, AccountClass.LIABILITY, floor_minor=0)
CHANNELS = ("first", "second", "third")
SAYS = st.tuples(
    st.sampled_from(list(OutcomeState)), st.sampled_from(list(ErrorClass)), st.integers(0, 2), st.booleans()
)


class World:
    """A payout, its legs, an owner who takes back what failed or came back, and books with their real floors."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.payout: Payout = payout(PayoutState.CREATED, legs=0, next_leg_at=NOW)
        self.legs: list[Leg] = []
        self.owner_has_minor = 0
        self.took = 0
        receivables = [postings.channel_receivable(channel, CNY) for channel in CHANNELS]
        elsewhere = AccountSpec("elsewhere", CNY, AccountClass.ASSET)
        self.books = BooksInMemory([*receivables, postings.recoverable(CNY), SET_ASIDE, WALLET, elsewhere])
        self._post("set aside", "elsewhere", SET_ASIDE.code)

    def send(self) -> None:
        """A channel is found, if it waits for one."""
        if self.payout.state is PayoutState.CREATED and len(self.legs) < len(CHANNELS):
            self.payout, leg = rules.begin_leg(self.payout, CHANNELS[len(self.legs)], self.now)
            self.legs.append(leg)

    def hear(self, outcome: Outcome, nth: int, *, asked: bool) -> None:
        """A channel says something of its leg."""
        if nth >= len(self.legs):
            return
        self.now += timedelta(seconds=1)
        asked_at = self.now if asked else None
        change = rules.apply_outcome(
            self.payout,
            self.legs[nth],
            outcome,
            others=[leg for leg in self.legs if leg.nth != nth + 1],
            asked_at=asked_at,
            now=self.now,
            pauses=PAUSES,
        )
        assert isinstance(change, Change)
        self.payout, self.legs[nth] = change.payout, change.leg
        if change.owed is not None:
            self.legs[change.owed.nth - 1] = change.owed
            self._book(postings.owed_after_all(change.payout, change.owed))
        if change.went:
            self._book(postings.went(change.payout, change.leg))
        if change.came_back:
            self._book(postings.came_back(change.payout, change.leg))
        if change.fact in (Fact.FAILED, Fact.RETURNED):
            assert all(leg.state != "succeeded" for leg in self.legs), "nobody has back what has reached them"
            self.took += 1
            self._post(f"taken {self.took}", SET_ASIDE.code, WALLET.code)
            self.owner_has_minor += AMOUNT.minor

    def _post(self, id: str, of: str, to: str) -> None:
        lines = (Posting(of, CNY, AMOUNT.minor), Posting(to, CNY, -AMOUNT.minor))
        self._book(JournalEntry(id=id, kind="test", reference="pyo_1", postings=lines))

    def _book(self, entry: JournalEntry) -> None:
        _, [answer] = self.books.post([entry], self.now)
        assert not answer.refused, answer

    def on(self, code: str) -> int:
        """Debits less credits of an account."""
        return self.books.amounts[code, CNY][0]


_GONE_AFTER_ALL_WHILE_ANOTHER_HAS_IT = [
    (OutcomeState.FAILED, ErrorClass.ACCOUNT, 0, True),
    (OutcomeState.SUCCEEDED, ErrorClass.ACCOUNT, 0, False),
    (OutcomeState.SUCCEEDED, ErrorClass.ACCOUNT, 0, True),
    (OutcomeState.FAILED, ErrorClass.ACCOUNT, 1, True),
    (OutcomeState.FAILED, ErrorClass.ACCOUNT, 0, False),
    (OutcomeState.FAILED, ErrorClass.ACCOUNT, 0, True),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(SAYS, max_size=40))
@example(_GONE_AFTER_ALL_WHILE_ANOTHER_HAS_IT)
@example([*_GONE_AFTER_ALL_WHILE_ANOTHER_HAS_IT[:3], (OutcomeState.FAILED, ErrorClass.PAYER, 1, True)])
def test_the_owner_never_has_the_money_twice_and_never_loses_it_whatever_channels_say(
    story: list[tuple[OutcomeState, ErrorClass, int, bool]],
) -> None:
    world = World()
    for state, error_class, nth, asked in story:
        world.send()
        world.hear(Outcome(state=state, error_class=error_class, code="X"), nth, asked=asked)
        set_aside = -world.on(SET_ASIDE.code)
        owed_legs = [leg for leg in world.legs if leg.state == "succeeded" and not leg.unowed]
        assert len(owed_legs) <= 1, "over one channel at most it goes out of what was set aside"
        assert world.took <= 1, "the owner has it back once"
        assert set_aside + world.owner_has_minor + len(owed_legs) * AMOUNT.minor == AMOUNT.minor
        gone = [leg for leg in world.legs if leg.state == "succeeded"]
        paid = -sum(world.on(f"channel:{channel}:receivable") for channel in CHANNELS)
        assert paid == len(gone) * AMOUNT.minor, "the channels' accounts say what has gone"
        lost = sum(leg.unowed for leg in gone) * AMOUNT.minor
        assert world.on("platform:recoverable") == lost


def test_what_is_open_always_has_a_time_at_which_somebody_looks() -> None:
    """Nothing hangs: a payout that has not ended waits for a channel, or its last leg is asked about."""
    for state in OutcomeState:
        world = World()
        world.send()
        world.hear(Outcome(state=state, error_class=ErrorClass.CHANNEL), 0, asked=True)
        if not world.payout.ended:
            looked_at = world.payout.next_leg_at or world.legs[-1].next_inquiry_at
            assert looked_at is not None, state
