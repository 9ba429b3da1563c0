"""What are the nouns of messages? Post, message, delivery, attempt, person, advice, campaign, quiz."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tael.foundation.ids import new_id
from tael.foundation.money import Money

Value = str | int | Money | datetime
"""What a message says in the place of a word in braces; times and money are written for the language it is told in."""


class Way(StrEnum):
    """By which way a message goes."""

    IN_APP = "in_app"
    """Kept in the person's own list, read or unread."""
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"


SENT_WAYS = (Way.SMS, Way.EMAIL, Way.PUSH)
"""Those on which somebody else carries it."""


class Urgency(StrEnum):
    """What kind of news a message is, the most urgent first."""

    CODE = "code"
    """A one-time code: worthless after minutes, and nobody's business afterwards."""
    SECURITY = "security"
    """Something changed that protects the person."""
    MONEY = "money"
    SERVICE = "service"
    EDUCATION = "education"


ALWAYS = frozenset({Urgency.CODE, Urgency.SECURITY})
"""What nobody can switch off and no hour holds up."""
CAN_BE_OFF = frozenset(
    f"{urgency}:{way}" for urgency in Urgency if urgency not in ALWAYS for way in SENT_WAYS
)
"""What a person may switch off: the list in the app is always kept."""


class Language(StrEnum):
    """In which language somebody is told."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class DeliveryState(StrEnum):
    """Where a message on one way stands."""

    QUEUED = "queued"
    """Will be sent: now, in the morning, or again after a pause."""
    SENT = "sent"
    """The carrier has taken it."""
    DELIVERED = "delivered"
    """It has arrived at the telephone."""
    FAILED = "failed"
    """It will not arrive; `error` says why."""
    UNKNOWN = "unknown"
    """The carrier did not answer: it may have taken it."""
    SKIPPED = "skipped"
    """Nothing was sent on this way, because of `error`: no address, no carrier."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell one person. Whoever repeats a post names the same `id`: it is told once."""

    template: str
    to: str | None = None
    """The user. None: somebody who is none yet, or no longer, at `to_phone` or `to_email`."""
    values: Mapping[str, Value] = {}
    ways: tuple[Way | str, ...] | None = None
    """Other ways than those of the template."""
    to_phone: str | None = None
    """In the place of the number that is known of the user: `+8613812341234`."""
    to_email: str | None = None
    language: Language | str | None = None
    """In the place of the user's own: `zh-CN`, `en`."""
    id: str = msgspec.field(default_factory=lambda: new_id("msg"))

    def __repr__(self) -> str:
        return f"Post({self.id} {self.template} to {self.to or 'a stranger'})"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody was told, as they read it in their list."""

    id: str
    template: str
    urgency: Urgency
    title: str
    text: str
    created_at: datetime
    read_at: datetime | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message on one way, as staff see it: never what it says, and the address masked."""

    id: str
    message_id: str
    user_id: str | None
    template: str
    urgency: Urgency
    language: Language
    way: Way
    address: str
    """Masked."""
    state: DeliveryState
    error: str | None
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    expires_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to hand a message to a carrier, or to ask what became of it."""

    delivery_id: str
    number: int
    """Which one, from 1; begun anew where somebody has let it be sent again."""
    started_at: datetime
    milliseconds: int
    asked: bool
    """Whether the carrier was only asked."""
    outcome: str
    """What followed: `sent`, `delivered`, `failed`, `unknown`, `queued` (not taken, tried again), `skipped`."""
    error: str | None


class PushAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a browser can be reached, as its `PushSubscription` says (RFC 8030, RFC 8291)."""

    endpoint: str
    p256dh: str
    """The browser's public key, base64url."""
    auth: str
    """Its secret, base64url."""

    def __repr__(self) -> str:
        return "PushAddress(…)"


class PushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that wants to be told."""

    id: str
    device: str
    """What the person calls it."""
    service: str
    """Whose service reaches it."""
    created_at: datetime


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to hear, by which way and when."""

    language: Language = Language.CHINESE
    off: frozenset[str] = frozenset()
    """Switched off: `money:sms`, `education:push`."""
    quiet_from: int = 22 * 60
    """When the quiet hours begin, in minutes since midnight in China."""
    quiet_until: int = 8 * 60
    """When they end. The same as `quiet_from`: there are none."""
    money_at_night: bool = True
    """Whether what happens to one's money is told in quiet hours, too."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """A tip that somebody is shown before they act."""

    id: str
    tip: str
    moment: str
    title: str
    text: str
    must_confirm: bool
    """Whether the act waits until they say that they have read it."""
    read_at: datetime | None = None


class Tip(msgspec.Struct, frozen=True, kw_only=True):
    """A tip, to be read at any time."""

    name: str
    title: str
    text: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was shown a tip."""

    tip: str
    shown_at: datetime
    read_at: datetime | None


class CampaignState(StrEnum):
    """Where a campaign stands."""

    RUNNING = "running"
    DONE = "done"


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One tip for everybody, and how far it has come."""

    id: str
    tip: str
    because: str
    """The line of the calendar, or the proposal by which somebody started it."""
    day: date
    """Of China."""
    state: CampaignState
    posted: int
    started_at: datetime
    ended_at: datetime | None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a quiz as it is asked."""

    name: str
    text: str
    options: Sequence[str]


class Quiz(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that somebody is asked after a risky event."""

    id: str
    because: str
    required: bool
    """Whether something waits until it is passed."""
    questions: Sequence[Question]
    assigned_at: datetime
    tries: int
    passed_at: datetime | None


class QuizResult(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody did."""

    quiz: Quiz
    """As it stands afterwards; not passed, it asks other questions."""
    score: int
    """How many answers were right."""
    passed: bool
    right: Sequence[int]
    """The right answers, by position."""
    because: Sequence[str]
    """Why, question by question."""


class EducationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what is taught is heard."""

    tip: str
    shown: int
    """How often it was shown before an act."""
    read: int
    told: int
    """How often it was posted."""
    told_read: int


class QuizFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How quizzes end."""

    because: str
    assigned: int
    passed: int
    answered: int
    """How many sets of answers."""
    right_first: int
    """How many were passed with the first answers."""
