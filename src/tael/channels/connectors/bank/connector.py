"""What do we say to the bank, and what do we hear? The port's verbs, as files of ISO 20022.

To be paid, nothing has to be asked: an order has an account number of its own. Transfers are pain.001; how they fared,
and what arrived, stands in the messages of the bank's mailbox. They carry no signature, so it is TLS and the address
that make us believe them; and what they name has to be ours.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.channels.connectors.bank.accounts import Account, VirtualAccounts, account_of
from tael.channels.connectors.bank.mailbox import (
    LARGEST_LIST,
    PAGE,
    MailboxUnreadable,
    Message,
    address,
    after,
    read_list,
)
from tael.channels.connectors.bank.news import Arrival, News, Progress, read_news
from tael.channels.connectors.bank.offers import BankCredentials, BankSettings, capabilities_of
from tael.channels.connectors.bank.outcomes import (
    outcome_of_arrivals,
    outcome_of_progress,
    unsendable,
)
from tael.channels.connectors.bank.statements import read_statement
from tael.channels.connectors.bank.transfers import FORMATS, PAYOUT, REFUND, name_of, write_transfer
from tael.channels.connectors.bank.xml import Unreadable
from tael.channels.errors import BillRefused, NotOffered
from tael.channels.port import (
    BaseConnector,
    Bill,
    BillKind,
    BillWanted,
    Conversation,
    ErrorClass,
    FeedPage,
    HttpRequest,
    HttpResponse,
    Notice,
    Operation,
    Outcome,
    OutcomeState,
    PayoutOrder,
    RefundOrder,
    Request,
    SendMoney,
    ask,
    unknown_outcome,
)


class BankConnector(BaseConnector):
    """A bank: transfers in, to virtual accounts, and transfers out."""

    def __init__(self, settings: BankSettings, credentials: BankCredentials) -> None:
        """Raises `ValueError` for a range of accounts or a format that cannot be used."""
        if settings.message_format not in FORMATS:
            raise ValueError(f"transfers are written as {' or '.join(FORMATS)}")
        self._settings = settings
        self._accounts = VirtualAccounts(
            prefix=settings.virtual_prefix, digits=settings.virtual_digits, key=credentials.account_key
        )
        self._us = Account(
            number=settings.account_number, bank=settings.bank_code, name=settings.account_name
        )
        token = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()
        self._authorization = {"authorization": f"Basic {token}"}
        self.capabilities = capabilities_of(settings)

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; `UNKNOWN` if an answer is malformed or refused."""
        try:
            match request.operation:
                case Operation.PAY:
                    return self._pay(request)
                case Operation.INQUIRE | Operation.CLOSE:
                    return (yield from self._inquire(request))
                case Operation.PAY_OUT:
                    return (yield from self._transfer(request, PAYOUT, request.the_payout(), now=now))
                case Operation.REFUND:
                    return (yield from self._transfer(request, REFUND, request.the_refund(), now=now))
                case Operation.INQUIRE_PAYOUT:
                    return (yield from self._inquire_transfer(request, PAYOUT, request.the_payout()))
                case Operation.INQUIRE_REFUND:
                    return (yield from self._inquire_transfer(request, REFUND, request.the_refund()))
                case Operation.PROBE:
                    return (yield from self._probe(request))
                case _:
                    raise NotOffered(f"A bank has no {request.operation}.")
        except MailboxUnreadable as why:
            return unknown_outcome(request, str(why))

    # Money that comes

    def _pay(self, request: Request) -> Outcome:
        """Where to send the money: known without asking anybody."""
        order, settings = request.the_order(), self._settings
        if order.amount.currency not in self.capabilities.currencies:
            return unsendable(request, f"This account holds {settings.currency} only.")
        account = self._accounts.of(order.order_number)
        return Outcome(
            state=OutcomeState.WAITING,
            order_number=order.order_number,
            channel_reference=account,
            action=SendMoney(
                account_number=account,
                account_name=settings.account_name,
                bank_name=settings.bank_name,
                bank_code=settings.bank_code,
                amount=order.amount,
                reference=account,
            ),
        )

    def _inquire(self, request: Request) -> Conversation[Outcome]:
        """What has arrived, measured by what was asked for.

        A bank closes nothing: `CLOSE` says that too little came (`CLOSED`), or nothing (`ABSENT`). Look again later.
        """
        order = request.the_order()
        account = self._accounts.of(order.order_number)
        arrivals = yield from self._arrivals_for(account)
        outcome = outcome_of_arrivals(
            account,
            arrivals,
            currency=self._settings.currency,
            order_number=order.order_number,
            asked_minor=order.amount.minor,
        )
        if outcome.received is None or outcome.received.minor >= order.amount.minor:
            return outcome
        too_little = OutcomeState.CLOSED if request.operation is Operation.CLOSE else OutcomeState.WAITING
        return msgspec.structs.replace(outcome, state=too_little)

    def _arrivals_for(self, account: str) -> Conversation[list[Arrival]]:
        """All that the bank has told of one virtual account."""
        messages = yield from self._messages({"about": account, "type": "camt.054"})
        return [
            one
            for one in self._news(messages, about=account)
            if isinstance(one, Arrival) and one.account == account
        ]

    # Money that goes

    def _transfer(
        self, request: Request, kind: str, thing: PayoutOrder | RefundOrder, *, now: datetime
    ) -> Conversation[Outcome]:
        name = name_of(kind, _number_of(thing))
        receiver = account_of(thing)
        if name is None or receiver is None or thing.amount.currency not in self.capabilities.currencies:
            return unsendable(request, "A bank needs an account to send to, and a number that it can write.")
        body = write_transfer(
            name,
            amount=thing.amount,
            sender=self._us,
            receiver=receiver,
            words=_words_of(request, thing),
            ordered_at=thing.created_at or now,
            message_format=self._settings.message_format,
        )
        headers = {**self._authorization, "content-type": "application/xml"}
        url = self._settings.payments_url
        response = yield from ask(HttpRequest(method="POST", url=url, headers=headers, body=body))
        return self._taken(request, response, kind, thing)

    def _taken(
        self, request: Request, response: HttpResponse, kind: str, thing: PayoutOrder | RefundOrder
    ) -> Outcome:
        """What the bank's door says: in a pain.002, or in a receipt of its own that names our message.

        A second message of the same name is refused, which says nothing about the first one: `UNKNOWN`.
        """
        number, status = _number_of(thing), response.status
        if not 200 <= status < 300:
            why = f"The bank answered with HTTP status {status}."
            return unknown_outcome(request, why, _why_not_taken(status), code=str(status))
        if _is_receipt(response.body, kind + number):
            progress = [Progress(kind=kind, number=number, state=OutcomeState.WAITING)]
        else:
            progress = self._reported(response.body, kind, number)
        if not progress:
            return unknown_outcome(request, "The bank's answer does not say that it has our transfer.")
        return self._standing(request, progress, kind, thing)

    def _reported(self, body: bytes, kind: str, number: str) -> list[Progress]:
        """What a message says of one transfer; nothing, if it cannot be read."""
        try:
            news = read_news(body, self._accounts, ours=self._us.number)
        except Unreadable:
            return []
        return [one for one in news if isinstance(one, Progress) and (one.kind, one.number) == (kind, number)]

    @staticmethod
    def _standing(
        request: Request, progress: Sequence[Progress], kind: str, thing: PayoutOrder | RefundOrder
    ) -> Outcome:
        return outcome_of_progress(
            progress,
            kind=kind,
            number=_number_of(thing),
            amount=thing.amount,
            order_number=request.order.order_number if request.order else "",
        )

    def _inquire_transfer(
        self, request: Request, kind: str, thing: PayoutOrder | RefundOrder
    ) -> Conversation[Outcome]:
        number = _number_of(thing)
        name = name_of(kind, number)
        if name is None:
            return unsendable(request, "No bank can have been asked under this number.")
        messages = yield from self._messages({"about": name})
        progress = [
            one
            for one in self._news(messages, about=name)
            if isinstance(one, Progress) and (one.kind, one.number) == (kind, number)
        ]
        return self._standing(request, progress, kind, thing)

    def _probe(self, request: Request) -> Conversation[Outcome]:
        response = yield from self._look({"limit": "1"})
        if response.status in (401, 403):
            return Outcome(
                state=OutcomeState.FAILED,
                message="The bank does not know our user or our password.",
                error_class=ErrorClass.ACCOUNT,
            )
        read_list(response)
        return Outcome(state=OutcomeState.SUCCEEDED)

    # The mailbox

    def fetch_notices(self, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
        """What the mailbox holds after `cursor`; nothing, if it cannot be read now.

        A credit is told with all that has arrived for its account, for which the mailbox is asked again.
        """
        try:
            response = yield from self._look({"after": cursor} if cursor else {})
            listed = read_list(response)
            messages = after(listed, cursor)[:PAGE]
            notices: list[Notice] = []
            for message in messages:
                notices += yield from self._notices_in(message)
        except MailboxUnreadable:
            return FeedPage(notices=[], cursor=cursor)
        return FeedPage(
            notices=notices,
            cursor=messages[-1].key if messages else cursor,
            more=len(messages) == PAGE,
        )

    def _notices_in(self, message: Message) -> Conversation[list[Notice]]:
        try:
            news = read_news(message.content, self._accounts, ours=self._us.number)
        except Unreadable as problem:
            why = f"The bank's message {message.key} cannot be read: {problem}."
            outcome = Outcome(state=OutcomeState.UNKNOWN, message=why, error_class=ErrorClass.TRUST)
            return [Notice(notice_id=f"{message.key}/unreadable", outcome=outcome)]
        notices: list[Notice] = []
        for position, one in enumerate(news):
            if isinstance(one, Arrival):
                known = yield from self._arrivals_for(one.account)
                told = outcome_of_arrivals(one.account, [*known, one], currency=self._settings.currency)
            else:
                told = outcome_of_progress([one], kind=one.kind, number=one.number)
            notices.append(Notice(notice_id=f"{message.key}/{position}", outcome=told))
        return notices

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """The statement of a day."""
        if wanted.kind is not BillKind.FUNDS:
            raise NotOffered(f"A bank has no bill of {wanted.kind}.")
        try:
            messages = yield from self._messages({"type": "camt.053", "day": wanted.day.isoformat()})
        except MailboxUnreadable as why:
            raise BillRefused(str(why)) from None
        bodies = [message.content for message in messages]
        return read_statement(wanted, bodies, self._accounts, ours=self._us.number)

    def _look(self, asked: Mapping[str, str]) -> Conversation[HttpResponse]:
        url = address(self._settings.mailbox_url, asked)
        request = HttpRequest(method="GET", url=url, headers=self._authorization, largest_answer=LARGEST_LIST)
        return (yield from ask(request))

    def _messages(self, asked: Mapping[str, str]) -> Conversation[Sequence[Message]]:
        """Every message that fits, page by page; a mailbox that has no pages gives them all at once."""
        messages: list[Message] = []
        for _ in range(_MOST_PAGES):
            more = {"after": messages[-1].key} if messages else {}
            page = read_list((yield from self._look({**asked, **more})))
            fresh = after(page, messages[-1].key) if messages else page
            messages += fresh
            if len(page) != PAGE or not fresh:
                return messages
        raise MailboxUnreadable("The bank's mailbox has no end.")

    def _news(self, messages: Iterable[Message], *, about: str) -> list[News]:
        """What messages tell. One that cannot be read is passed over only if it does not name what we ask about."""
        found: list[News] = []
        for message in messages:
            try:
                found += read_news(message.content, self._accounts, ours=self._us.number)
            except Unreadable as problem:
                if about in message.body:
                    why = f"The bank's message {message.key} cannot be read: {problem}."
                    raise MailboxUnreadable(why) from None
        return found


_MOST_PAGES = 100


def _number_of(thing: PayoutOrder | RefundOrder) -> str:
    return thing.payout_number if isinstance(thing, PayoutOrder) else thing.refund_number


def _words_of(request: Request, thing: PayoutOrder | RefundOrder) -> str:
    """What the receiver reads; for a refund our number of the order comes first."""
    if isinstance(thing, PayoutOrder):
        return thing.purpose
    return f"{request.the_order().order_number} {thing.reason}"


_BUSY_OR_BARRED = {
    401: ErrorClass.ACCOUNT,
    403: ErrorClass.ACCOUNT,
    429: ErrorClass.BUSY,
    503: ErrorClass.BUSY,
}


def _why_not_taken(status: int) -> ErrorClass:
    default = ErrorClass.REQUEST if 400 <= status < 500 else ErrorClass.CHANNEL
    return _BUSY_OR_BARRED.get(status, default)


def _is_receipt(body: bytes, name: str) -> bool:
    """Whether a bank that answers in JSON names our message."""
    try:
        receipt = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(receipt, dict) and name in [
        value for value in receipt.values() if isinstance(value, str)
    ]
