"""What do messages look like on the wire? Requests that are strict, and bodies without secrets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.messages.model import (
    Attempt,
    Delivery,
    DeliveryState,
    EducationFigures,
    Language,
    Message,
    Preferences,
    QuizFigures,
    Tip,
    Urgency,
    Way,
)

MessageIdText = Annotated[str, Meta(pattern=r"^msg_[0-9a-z]{26}$(?!\n)")]
Hour = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
        description="An hour of the day in China",
        examples=["22:00"],
    ),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class MarkReadRequest(_Strict, frozen=True, kw_only=True):
    """What you have read: these, or all up to one."""

    ids: Annotated[
        Annotated[list[MessageIdText], Meta(max_length=200)],
        Meta(description="These", examples=[["msg_06dk3vg5m8x4t9c1h2zq7n0rby"]]),
    ] = []
    up_to: Annotated[
        MessageIdText | None, Meta(description="This one, and all that are older", examples=[None])
    ] = None


class PreferencesRequest(_Strict, frozen=True, kw_only=True):
    """What you want to hear, by which way and when; what is left out stays as it is."""

    language: Annotated[Language | None, Meta(description="In which language", examples=["zh-CN"])] = None
    off: Annotated[
        Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] | None,
        Meta(
            description="All that is switched off, each as urgency:way; codes, security and the list cannot be",
            examples=[["education:push"]],
        ),
    ] = None
    quiet_from: Annotated[Hour | None, Meta(description="When quiet hours begin", examples=["22:00"])] = None
    quiet_until: Annotated[
        Hour | None,
        Meta(description="When they end; the same as their begin: there are none", examples=["08:00"]),
    ] = None
    money_at_night: Annotated[
        bool | None,
        Meta(description="Whether what happens to your money is told in quiet hours, too", examples=[True]),
    ] = None


class PushKeys(_Strict, frozen=True, kw_only=True):
    """The keys of a browser's subscription."""

    p256dh: Annotated[str, Meta(max_length=120, pattern=PRINTABLE, description="Its public key, base64url", examples=["BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"])]  # fmt: skip
    auth: Annotated[str, Meta(max_length=40, pattern=PRINTABLE, description="Its secret, base64url", examples=["BTBZMqHH6r4Tts7J_aSIgg"])]  # fmt: skip


class AddSubscriptionRequest(_Strict, frozen=True, kw_only=True):
    """A browser that wants to be told: what `PushSubscription.toJSON()` gives, and what you call it."""

    endpoint: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            pattern=PRINTABLE,
            description="The address of its push service",
            examples=["https://push.example/send/abc"],
        ),
    ]
    keys: PushKeys
    device: Annotated[
        str, Meta(max_length=100, pattern=PRINTABLE, description="What you call it", examples=["my phone"])
    ] = ""


class NoParticulars(_Strict, frozen=True, kw_only=True):
    """Nothing more to say."""


class AnswersRequest(_Strict, frozen=True, kw_only=True):
    """Your answers to a quiz."""

    answers: Annotated[
        Annotated[list[Annotated[int, Meta(ge=0, le=9)]], Meta(min_length=1, max_length=10)],
        Meta(description="For each question the number of an option, from 0", examples=[[0, 2, 1]]),
    ]


class SendAgainRequest(_Strict, frozen=True, kw_only=True):
    """Let what did not arrive go again."""

    way: Annotated[Way | None, Meta(description="On this way alone", examples=["sms"])] = None


class ProposeCampaignRequest(_Strict, frozen=True, kw_only=True):
    """A tip that everybody shall be told."""

    tip: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=60,
            pattern=PRINTABLE,
            description="Its name",
            examples=["no_safe_accounts"],
        ),
    ]
    note: Annotated[
        str,
        Meta(
            min_length=1, max_length=1_000, pattern=LINES, description="Why", examples=["many cases in town"]
        ),
    ]


class OnMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of something: a repeat must ask the same of the same."""

    id: str
    asked: msgspec.Struct


class MessagesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of your messages, newest first, and how many you have not read."""

    items: list[Message]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` for the next page; null on the last one", examples=[None]),
    ]
    unread: Annotated[int, Meta(description="Counted up to 1,000", examples=[3])]


class PreferencesBody(msgspec.Struct, frozen=True, kw_only=True):
    """What you want to hear, by which way and when, and where you are reached."""

    language: Language
    off: list[str]
    can_be_off: Annotated[list[str], Meta(description="All that could be switched off")]
    quiet_from: str
    quiet_until: str
    money_at_night: bool
    reached_at: Annotated[Mapping[str, str], Meta(description="By way, masked")]


class SubscriptionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that wants to be told."""

    id: str
    device: str
    service: Annotated[str, Meta(description="Whose service reaches it")]
    created_at: datetime


class SubscriptionsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Your browsers, and the key by which a new one subscribes."""

    items: list[SubscriptionBody]
    application_server_key: Annotated[
        str | None, Meta(description="For `PushManager.subscribe`; null: nothing is pushed here")
    ]


class RemovedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed."""

    id: str


class TipsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every tip, in your language."""

    items: list[Tip]


class DeliveryDetailBody(msgspec.Struct, frozen=True, kw_only=True):
    """On which ways a message went, and each attempt; never what it said."""

    message_id: str
    deliveries: Sequence[Delivery]
    attempts: Sequence[Attempt]


class DeliveriesBody(msgspec.Struct, frozen=True, kw_only=True):
    """The deliveries of a message."""

    message_id: str
    deliveries: Sequence[Delivery]


class CampaignProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that somebody wants to start."""

    id: str
    tip: str
    title: Annotated[str, Meta(description="What people will read first, in Chinese")]
    text: str
    state: ProposalState
    digest: str
    note: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_note: str | None


class FiguresBody(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what is taught is read, and how quizzes end."""

    since: datetime
    tips: Sequence[EducationFigures]
    quizzes: Sequence[QuizFigures]


class WordsBody(msgspec.Struct, frozen=True, kw_only=True):
    """A message in one language; values stand in braces."""

    title: str
    text: str
    text_sms: Annotated[str, Meta(description="Empty: a telephone is sent the text")]


class TemplateBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people are told."""

    name: str
    urgency: Urgency
    ways: list[Way]
    values: Annotated[Mapping[str, str], Meta(description="What it is told, by name, and of which kind")]
    words: Annotated[Mapping[str, WordsBody], Meta(description="By language")]


class TemplatesBody(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that people are told."""

    items: list[TemplateBody]


class CalendarLine(msgspec.Struct, frozen=True, kw_only=True):
    """On these days everybody is told this tip."""

    tip: str
    because: str
    days: Annotated[
        list[str], Meta(description="Of every year (04-15), of every month (15), or of one year (2027-02-04)")
    ]


class CalendarBody(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar of education."""

    items: list[CalendarLine]


class ReceiptTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt was heard."""

    heard: bool = True


def preferences_body(
    wanted: Preferences, reached: Mapping[Way, str], *, can_be_off: Collection[str]
) -> PreferencesBody:
    """Preferences as they go out."""
    return PreferencesBody(
        language=wanted.language,
        off=sorted(wanted.off),
        can_be_off=sorted(can_be_off),
        quiet_from=hour_text(wanted.quiet_from),
        quiet_until=hour_text(wanted.quiet_until),
        money_at_night=wanted.money_at_night,
        reached_at={str(way): masked for way, masked in reached.items()},
    )


def hour_text(minutes: int) -> str:
    """`22:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def minutes_of(hour: str | None) -> int | None:
    """Minutes since midnight of an hour that has the form of one."""
    if hour is None:
        return None
    return int(hour[:2]) * 60 + int(hour[3:])


WITH_STATES = f"Only those in this state: {', '.join(DeliveryState)}"
WITH_URGENCIES = f"Only those of this urgency: {', '.join(Urgency)}"
