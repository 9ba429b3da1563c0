"""The verbs of messages: post, reach, read, advise, ask, teach; the log of deliveries; and the relay that sends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from tael.foundation import audit, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.patience import until_committed
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.foundation.sealing import Sealer
from tael.messages.errors import NoSuchMessage
from tael.messages.model import (
    CAN_BE_OFF,
    Advice,
    Attempt,
    Campaign,
    Delivery,
    EducationFigures,
    Language,
    Message,
    Post,
    Preferences,
    PushAddress,
    PushSubscription,
    Quiz,
    QuizFigures,
    Tip,
    Way,
)
from tael.messages.model.carrier import Carrier
from tael.messages.rules import tips
from tael.messages.rules.signatures import check_signature
from tael.messages.rules.templates import TIP, Template, templates
from tael.messages.rules.tips import Line, calendar
from tael.messages.store import deliveries, education, messages
from tael.messages.store.deliveries import DeliveryFilter
from tael.messages.transport import RECEIPT_PATH, carriers, secret_in
from tael.messages.transport.push import public_key
from tael.messages.usecases import advise as advising
from tael.messages.usecases import again, campaigns, forget, people, post, quizzes, reading
from tael.messages.usecases.advise import ReadAdvice
from tael.messages.usecases.again import Receipt, SendAgain
from tael.messages.usecases.campaigns import DecideCampaign, ProposeCampaign, proposed_in
from tael.messages.usecases.desk import SEALED, Desk
from tael.messages.usecases.people import (
    UNCHANGED,
    AddSubscription,
    ChangePreferences,
    RemoveSubscription,
    Unchanged,
    new_subscription_id,
)
from tael.messages.usecases.quizzes import AnswerQuiz
from tael.messages.usecases.reading import MarkRead
from tael.messages.usecases.relay import Relay

__all__ = [
    "CAN_BE_OFF",
    "RECEIPT_PATH",
    "SEALED",
    "AddSubscription",
    "AnswerQuiz",
    "ChangePreferences",
    "DecideCampaign",
    "DeliveryFilter",
    "Line",
    "MarkRead",
    "Messages",
    "ProposeCampaign",
    "ReadAdvice",
    "Receipt",
    "Relay",
    "RemoveSubscription",
    "SendAgain",
    "Template",
    "calendar",
    "new_subscription_id",
    "proposed_in",
    "templates",
    "tip_in_chinese",
]

MOST_UNREAD = 1_000
"""Unread messages are counted so far."""
_MOST_ATTEMPTS = 200

Command = (
    SendAgain
    | MarkRead
    | ChangePreferences
    | AddSubscription
    | RemoveSubscription
    | ReadAdvice
    | AnswerQuiz
    | ProposeCampaign
    | DecideCampaign
)
VERBS: Mapping[type, Callable[[Transaction, Any, Desk], Any]] = {
    SendAgain: again.send_again,
    MarkRead: reading.mark_read,
    ChangePreferences: people.change_preferences,
    AddSubscription: people.add_subscription,
    RemoveSubscription: people.remove_subscription,
    ReadAdvice: advising.read_advice,
    AnswerQuiz: quizzes.answer_quiz,
    ProposeCampaign: campaigns.propose_campaign,
    DecideCampaign: campaigns.decide_campaign,
}
"""Which verb does which command."""
ACTIONS: Mapping[type, str] = {kind: f"messages.{verb.__name__}" for kind, verb in VERBS.items()}
"""What the audit trail calls it."""
MakeCarriers = Callable[[], Mapping[Way, Carrier]]


class Messages:
    """What the people of one platform are told."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        settings: Settings,
        *,
        make_carriers: MakeCarriers | None = None,
    ) -> None:
        """make_carriers: in the place of those that the settings name."""
        self._database = database
        self._settings = settings
        self._desk = Desk(clock, sealer, settings)
        self._clerk = Clerk(database, clock)
        self.relay = Relay(database, clock, self._desk, make_carriers or partial(carriers, settings, clock))

    # For other contexts, in their transaction.

    async def post(self, tx: Transaction, posts: Sequence[Post]) -> None:
        """Tell people; refuses `MessageMalformed`. What there is to tell stands in `templates/kinds.toml`."""
        await post.post(self._desk, tx, posts)

    async def address(
        self,
        tx: Transaction,
        user_id: str,
        *,
        phone: str | Unchanged | None = UNCHANGED,
        email: str | Unchanged | None = UNCHANGED,
        push: PushAddress | None = None,
        language: Language | str | None = None,
    ) -> None:
        """Keep where somebody is reached, sealed: what is not named stays, None and "" forget.

        push   one more browser

        Refuses `PhoneMalformed`, `AddressMalformed`, `PushServiceUnknown`, `TooManySubscriptions`.
        """
        spoken = None if language is None else Language(language)
        await people.address(self._desk, tx, user_id, phone=phone, email=email, language=spoken)
        if push is not None:
            added = AddSubscription(id=new_subscription_id(), user_id=user_id, push=push)
            await people.add_subscription(tx, added, self._desk)

    async def languages(self, tx: Transaction, user_ids: Sequence[str]) -> Mapping[str, Language]:
        """In which language each of them reads."""
        found = await people.find(tx, user_ids)
        return {user_id: found[user_id].language for user_id in user_ids}

    async def forget(self, tx: Transaction, user_id: str) -> None:
        """Forget somebody who leaves: addresses, messages, quizzes. The delivery log stays, masked."""
        await forget.forget_person(self._desk, tx, user_id)

    async def erase(self, tx: Transaction, user_id: str) -> None:
        """The same, and the delivery log: nothing has to be kept of them any longer."""
        await forget.erase_person(self._desk, tx, user_id)

    async def advise(
        self, tx: Transaction, user_id: str, moment: str, *, language: Language | None = None
    ) -> Advice | None:
        """The tip to be shown before an act (`tips/moments.toml`); none if they have read one lately.

        language   of the page; otherwise the one in which they are told everything
        """
        return await advising.advise(self._desk, tx, user_id, moment, language=language)

    async def read(self, tx: Transaction, advice_id: str, user_id: str) -> Advice:
        """That they have read it; refuses `NoSuchAdvice`."""
        return await advising.read_advice(tx, ReadAdvice(advice_id=advice_id, user_id=user_id), self._desk)

    async def assign_quiz(
        self, tx: Transaction, user_id: str, *, because: str, required: bool = False
    ) -> Quiz:
        """Ask somebody three questions, and tell them so.

        because    what happened, in a word: `unusual_act`
        required   whether something waits until they have passed (`owes_quiz`)
        """
        return await quizzes.assign_quiz(self._desk, tx, user_id, because=because, required=required)

    async def owes_quiz(self, tx: Transaction, user_ids: Sequence[str]) -> set[str]:
        """Those of them who have to pass a quiz first."""
        return await education.who_owes_quiz(tx, user_ids) if user_ids else set()

    # Commands of people and staff.

    async def answer(
        self, call: Call[Any], *, shown: Callable[[Any], tuple[str, object]], status: int = 200
    ) -> Answer:
        """Do a command under an Idempotency-Key; gives what goes out, `shown` of the verb's result."""

        async def verb(tx: Transaction, command: Any) -> Any:
            return await VERBS[type(command)](tx, command, self._desk)

        return await self._clerk.answer(call, verb, shown=shown, status=status)

    async def do(self, command: Command, *, actor: str, about: str) -> Any:
        """Do a command of somebody at the machine; raises what its verb refuses."""

        async def once(tx: Transaction) -> Any:
            result = await VERBS[type(command)](tx, command, self._desk)
            event = AuditEvent(
                happened_at=self._desk.now(),
                actor=actor,
                action=ACTIONS[type(command)],
                object_id=about,
                result="done",
            )
            await audit.record(tx, [event])
            return result

        return await until_committed(self._database, once, what=ACTIONS[type(command)])

    async def unsubscribe(self, token: str) -> bool:
        """No more tips by mail, message or push for whoever this address belongs to; false if it is none of ours."""
        user_id = self._desk.whose_unsubscription(token)
        if user_id is None:
            return False

        async def once(tx: Transaction) -> None:
            await people.unsubscribe(self._desk, tx, user_id)

        await until_committed(self._database, once, what="messages.unsubscribe")
        return True

    async def hear_receipt(self, headers: Mapping[str, str], body: bytes) -> None:
        """What the gateway for text messages tells by itself; refuses `ReceiptRefused`, `NoSuchMessage`."""
        if self._settings.sms_url is None:
            raise NoSuchMessage("No gateway is set up here.")
        check_signature(
            secret_in(self._settings),
            headers,
            method="POST",
            path=RECEIPT_PATH,
            body=body,
            now=self._desk.now(),
        )
        receipt = msgspec.json.decode(body, type=Receipt)

        async def once(tx: Transaction) -> None:
            await again.hear_receipt(self._desk, tx, receipt, way=Way.SMS)

        await until_committed(self._database, once, what="messages.hear_receipt")

    # Questions of people.

    async def list_kept(
        self, user_id: str, *, before: str | None = None, unread: bool = False, limit: int = 50
    ) -> Sequence[Message]:
        """One page of a person's list, newest first, in the language in which they read."""
        async with self._database.transaction() as tx:
            person = await people.person_of(tx, user_id)
            kept = await messages.list_kept(tx, user_id, before=before, unread=unread, limit=limit)
        return [reading.shown(self._desk, each, person.language) for each in kept]

    async def unread(self, user_id: str) -> int:
        """How many a person has not read, counted up to `MOST_UNREAD`."""
        async with self._database.transaction() as tx:
            return await messages.count_unread(tx, user_id, at_most=MOST_UNREAD)

    async def preferences(self, user_id: str) -> Preferences:
        """What somebody wants to hear."""
        async with self._database.transaction() as tx:
            return (await people.person_of(tx, user_id)).preferences

    async def addresses(self, tx: Transaction, user_id: str) -> Mapping[Way, str]:
        """Where somebody is reached, in clear: for their own copy."""
        return await people.in_clear(self._desk, tx, user_id)

    async def reached(self, user_id: str) -> Mapping[Way, str]:
        """Where somebody is reached, masked."""
        async with self._database.transaction() as tx:
            person = await people.person_of(tx, user_id)
        both = {Way.SMS: person.phone_masked, Way.EMAIL: person.email_masked}
        return {way: masked for way, masked in both.items() if masked is not None}

    async def subscriptions(self, user_id: str) -> Sequence[PushSubscription]:
        """The browsers of somebody."""
        async with self._database.transaction() as tx:
            return await people.subscriptions(tx, user_id)

    def push_key(self) -> str | None:
        """By which key browsers know our messages; none where nothing is pushed."""
        return public_key(self._settings) if self._settings.push_services else None

    async def tips(self, user_id: str, *, language: Language | None = None) -> Sequence[Tip]:
        """Every tip, in somebody's language, or in that of the page."""
        async with self._database.transaction() as tx:
            return tips.all_tips(language or (await people.person_of(tx, user_id)).language)

    async def quizzes(
        self,
        user_id: str,
        *,
        only_open: bool = False,
        before: str | None = None,
        limit: int = 50,
        language: Language | None = None,
    ) -> Sequence[Quiz]:
        """Somebody's quizzes, newest first."""
        async with self._database.transaction() as tx:
            language = language or (await people.person_of(tx, user_id)).language
            kept = await education.list_quizzes(tx, user_id, only_open=only_open, before=before, limit=limit)
        return [quizzes.shown(each, language) for each in kept]

    # Questions of staff.

    async def list_deliveries(self, wanted: DeliveryFilter) -> Sequence[Delivery]:
        """One page of the delivery log, newest first; addresses masked."""
        async with self._database.transaction() as tx:
            return await deliveries.list_deliveries(tx, wanted)

    async def deliveries_of(self, message_id: str) -> tuple[Sequence[Delivery], Sequence[Attempt]]:
        """On which ways a message went, and each attempt; refuses `NoSuchMessage`."""
        async with self._database.transaction() as tx:
            found = await deliveries.list_deliveries(tx, DeliveryFilter(message_id=message_id, limit=200))
            attempts = await deliveries.list_attempts(tx, message_id, limit=_MOST_ATTEMPTS)
        if not found:
            raise NoSuchMessage(f"There is no message {message_id} that went anywhere.", field="message_id")
        return found, attempts

    async def campaigns(self, *, before: str | None = None, limit: int = 50) -> Sequence[Campaign]:
        """What everybody was told, newest first, and how far it has come."""
        async with self._database.transaction() as tx:
            return await education.list_campaigns(tx, before=before, limit=limit)

    async def proposals(
        self, *, state: ProposalState | None = None, before: str | None = None, limit: int = 50
    ) -> Sequence[Proposal]:
        """Campaigns that somebody wants to start, newest first."""
        wanted = ProposalFilter(kind=campaigns.KIND, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._desk.now())

    async def figures(self, *, since: datetime) -> tuple[Sequence[EducationFigures], Sequence[QuizFigures]]:
        """How much of what is taught is read, tip by tip, and how quizzes end."""
        async with self._database.transaction() as tx:
            advice = {each.tip: each for each in await education.advice_figures(tx, since)}
            told = {each.template: each for each in await education.told_figures(tx, since)}
            results = await education.quiz_figures(tx, since)
        figures = [
            EducationFigures(
                tip=tip,
                shown=advice[tip].shown if tip in advice else 0,
                read=advice[tip].read if tip in advice else 0,
                told=told[TIP + tip].told if TIP + tip in told else 0,
                told_read=told[TIP + tip].told_read if TIP + tip in told else 0,
            )
            for tip in tips.tips()
        ]
        return figures, results

    # What is done by itself.

    async def start_due_campaigns(self) -> int:
        """Start what the calendar has for today; gives how many."""
        async with self._database.transaction() as tx:
            return await campaigns.start_due(self._desk, tx)

    async def tell_next(self) -> bool:
        """Tell the next batch of people of a campaign; false if nothing is left to do."""
        async with self._database.transaction() as tx:
            return await campaigns.tell_next(self._desk, tx)

    async def forget_old(self, *, all_of_it: bool = True) -> int:
        """Delete what is older than it is kept; gives how many rows. Not all of it: codes that expired alone."""
        if not all_of_it:
            return await forget.forget_expired(self._database, self._desk)
        return await forget.forget_old(self._database, self._desk)


def tip_in_chinese(name: str) -> Tip:
    """A tip as most people will read it; refuses `NoSuchTip`."""
    return tips.tip_of(name, Language.CHINESE)
