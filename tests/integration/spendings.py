"""Acts that take money out of wallets, of every kind: for whoever tests what they add up to."""

from tael.foundation.calls import Call, Caller
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.standing.api import Ask
from tael.standing.model import PersonalLimit
from tael.wallets import postings
from tael.wallets.api import Act, RecallTransfer, Spending
from tael.wallets.model import SpendingKind
from tests.integration.wallets_scene import Person, Scene, code_of
from tests.property.limits_by_hand import Done

OUTSIDE = AccountSpec("test:outside", "CNY", AccountClass.LIABILITY)
DONE = "done"


async def pay_out(scene: Scene, who: Person, kind: SpendingKind, minor: int) -> str:
    """A payment or a withdrawal, in a transaction of its own; gives `done`, or the code of its refusal."""
    amount, wallet = Money(minor, "CNY"), postings.wallet(who.user_id, "CNY")
    wish = Spending(
        act=Act(user_id=who.user_id, kind=kind, amount=amount, at=scene.clock.now()),
        login_id=who.login_id,
        entry=JournalEntry(
            id=new_id("out"),
            kind=f"test.{kind}",
            reference=wallet.code,
            postings=(debit(wallet, amount), credit(OUTSIDE, amount)),
        ),
        accounts=(OUTSIDE,),
        confirmation_id=None,
        about=b"",
    )
    async with scene.house.database.transaction() as tx:
        [verdict] = await scene.wallets.spend(tx, [wish])
    return verdict.code if isinstance(verdict, Refusal) else DONE


async def bring_back(scene: Scene, who: Person, done: Done) -> None:
    """All of a payment or a withdrawal comes back, with what it used of limits."""
    amount, wallet = Money(done.minor, "CNY"), postings.wallet(who.user_id, "CNY")
    act = Act(user_id=who.user_id, kind=done.kind, amount=amount, at=done.at)
    entry = JournalEntry(
        id=new_id("bck"),
        kind="test.back",
        reference=wallet.code,
        postings=(debit(OUTSIDE, amount), credit(wallet, amount)),
    )
    async with scene.house.database.transaction() as tx:
        await scene.wallets.give_back(tx, [(act, Strength.NONE)])
        [booked] = await scene.house.ledger.post(tx, [entry])
        assert not isinstance(booked, Refusal)


async def send(scene: Scene, payer: Person, payee: Person, minor: int) -> str:
    """A transfer that arrives at once, through the lane; gives `done`, or the code of its refusal."""
    code = code_of(await scene.send(payer, payee, minor))
    return DONE if code in ("arrived", "on_its_way") else code


async def recall(scene: Scene, payer: Person, transfer_id: str) -> None:
    """Take a transfer back that has not arrived."""
    command = RecallTransfer(transfer_id=transfer_id, payer_id=payer.user_id)
    caller = Caller(owner=payer.user_id, actor=f"user:{payer.user_id}")
    call = Call(caller=caller, action="wallets.recall", key=new_id("key"), request=command, command=command)
    assert code_of(await scene.wallets.recall(call)) == "recalled"


async def lower(scene: Scene, who: Person, limit: PersonalLimit, most: int) -> None:
    """A user agrees on a lower limit: it holds at once."""
    await scene.house.people.standing.do(
        Ask(
            actor=f"user:{who.user_id}",
            user_id=who.user_id,
            permission=None,
            limit=limit,
            wanted=most,
            words="Less is safer.",
        )
    )
