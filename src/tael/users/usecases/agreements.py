"""How is a text accepted, a consent given, and a change announced? The texts are data of this package."""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from importlib import resources

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.ids import new_id
from tael.messages.model import Post
from tael.users import rules, store
from tael.users.errors import AgreementDiffers, NoSuchRecord
from tael.users.model import (
    LANGUAGES,
    Acceptance,
    AgreementName,
    AgreementNotice,
    AgreementStanding,
    AgreementText,
    AgreementVersion,
    Consent,
    Purpose,
    User,
)
from tael.users.schemas.own import ConsentRequest
from tael.users.schemas.words import AcceptedText
from tael.users.usecases.desk import Desk, Doing, Owes
from tael.users.usecases.words import word

_FOLDER = "agreements"
_TOLD_AT_ONCE = 200


class _Dates(msgspec.Struct, frozen=True):
    announced_on: date
    effective_from: date


class _Index(msgspec.Struct, frozen=True):
    agreements: Mapping[AgreementName, Mapping[str, _Dates]]
    consents: Mapping[Purpose, str]


@lru_cache(maxsize=1)
def versions() -> Mapping[AgreementName, Sequence[AgreementVersion]]:
    """Every version of every agreement, the earliest first."""
    return {
        name: sorted(
            (
                AgreementVersion(
                    agreement=name,
                    version=version,
                    announced_on=dates.announced_on,
                    effective_from=dates.effective_from,
                    digests={
                        language: _digest(_text(f"{name}.{version}.{language}")) for language in LANGUAGES
                    },
                )
                for version, dates in of_name.items()
            ),
            key=lambda each: each.effective_from,
        )
        for name, of_name in _index().agreements.items()
    }


def agreement_text(name: AgreementName, version: str, language: str) -> AgreementText:
    """The text as it is accepted; refuses `NoSuchRecord`."""
    known = next((each for each in versions()[name] if each.version == version), None)
    if known is None or language not in known.digests:
        raise NoSuchRecord("There is no such version in that language.", field="version")
    return AgreementText(
        agreement=name,
        version=version,
        language=language,
        digest=known.digests[language],
        effective_from=known.effective_from,
        text=_text(f"{name}.{version}.{language}"),
    )


def consent_text(purpose: Purpose, language: str) -> tuple[str, str, str]:
    """Version, digest and text of a consent."""
    version = _index().consents[purpose]
    text = _text(f"consent-{purpose}.{version}.{language}")
    return version, _digest(text), text


def standings(desk: Desk, user: User) -> Sequence[AgreementStanding]:
    """How a user stands to each agreement today."""
    return rules.standings(desk.texts, user.agreed, today=rules.day_of(desk.clock.now()))


def owes_by(texts: Mapping[AgreementName, Sequence[AgreementVersion]]) -> Owes:
    """Who owes an acceptance, by these texts. Asked with each request: most accepted the same, so few are judged."""

    @lru_cache(maxsize=1_024)
    def owes(agreed: tuple[str, ...], today: date) -> bool:
        return any(each.due for each in rules.standings(texts, agreed, today=today))

    return owes


def is_due(desk: Desk, user: User) -> bool:
    """Whether a text that holds has to be accepted before anything is paid."""
    return desk.owes(user.agreed, rules.day_of(desk.clock.now()))


def check_all(desk: Desk, accepted: Sequence[AcceptedText], language: str) -> Sequence[AgreementVersion]:
    """What somebody accepts as they register: every agreement; refuses `AgreementDiffers`."""
    today = rules.day_of(desk.clock.now())
    by_name = {each.agreement: each for each in accepted}
    missing = [name for name in desk.texts if name not in by_name]
    if missing:
        raise AgreementDiffers(f"The agreement {missing[0]} has to be accepted.", field="agreements")
    return [
        rules.check_accepted(
            desk.texts[name], version=each.version, language=language, digest=each.digest, today=today
        )
        for name, each in by_name.items()
    ]


async def write_accepted(
    doing: Doing, user: User, accepted: Sequence[AgreementVersion], language: str
) -> User:
    """Write down what somebody has accepted, from where and at which device."""
    agreed = dict(rules.agreed_of(user.agreed))
    for each in accepted:
        await store.insert_acceptance(
            doing.tx,
            user.id,
            Acceptance(
                id=new_id("agr"),
                agreement=each.agreement,
                version=each.version,
                language=language,
                digest=each.digests[language],
                address=doing.visitor.address,
                device=doing.visitor.device[:200],
                accepted_at=doing.now,
            ),
        )
        agreed[each.agreement] = each.version
    of_all = tuple(f"{name}@{version}" for name, version in sorted(agreed.items()))
    await store.set_agreed(doing.tx, user.id, of_all)
    return msgspec.structs.replace(user, agreed=of_all)


async def accept(
    doing: Doing, accepted: Sequence[AcceptedText], language: str
) -> Sequence[AgreementStanding]:
    """Accept versions that hold, or are coming; refuses `AgreementDiffers`."""
    today = rules.day_of(doing.now)
    taken = [
        rules.check_accepted(
            doing.desk.texts[each.agreement],
            version=each.version,
            language=language,
            digest=each.digest,
            today=today,
        )
        for each in accepted
    ]
    return standings(doing.desk, await write_accepted(doing, await doing.user(), taken, language))


async def decide_consent(doing: Doing, wanted: ConsentRequest) -> Consent:
    """Give a consent of its own, or withdraw it; refuses `AgreementDiffers`."""
    version, digest, _ = consent_text(wanted.purpose, wanted.language)
    if (wanted.version, wanted.digest) != (version, digest):
        raise AgreementDiffers(
            f"The text of this consent is version {version}.", field="digest", hint="Read it again."
        )
    user = await doing.user()
    consent = Consent(
        id=new_id("cns"),
        purpose=wanted.purpose,
        given=wanted.given,
        version=version,
        digest=digest,
        address=doing.visitor.address,
        device=doing.visitor.device[:200],
        decided_at=doing.now,
    )
    await store.insert_consent(doing.tx, user.id, consent)
    return consent


async def has_consent(doing: Doing, purpose: Purpose) -> bool:
    """Whether the last word of the user is yes, to the text that holds."""
    now = {each.purpose: each for each in await store.consents_of(doing.tx, doing.user_id, now_only=True)}
    version, _, _ = consent_text(purpose, LANGUAGES[0])
    return purpose in now and now[purpose].given and now[purpose].version == version


async def announce(desk: Desk) -> None:
    """Tell everybody of texts that will change, some at a time; each is told once of each version."""
    today = rules.day_of(desk.clock.now())
    for name, of_name in desk.texts.items():
        coming = rules.coming(of_name, today)
        if coming is None or coming is of_name[0]:
            continue
        done = False
        while not done:
            done = await _announce_some(desk, name, coming)


async def _announce_some(desk: Desk, name: AgreementName, coming: AgreementVersion) -> bool:
    now = desk.clock.now()
    async with desk.database.transaction() as tx:
        after, finished = await store.told_up_to(tx, name, coming.version)
        if finished:
            return True
        ids = await store.active_after(tx, after, limit=_TOLD_AT_ONCE)
        begins = datetime.combine(coming.effective_from, time(), CHINA)
        posts = [
            Post(
                template="agreement_changed",
                to=user.id,
                values={"name": word(user.language, "agreement", name), "from": begins},
            )
            for user in await store.find_users(tx, ids)
        ]
        await desk.messages.post(tx, posts)
        over = len(ids) < _TOLD_AT_ONCE
        await store.note_announcement(
            tx,
            name,
            coming.version,
            told_up_to=ids[-1] if ids else after,
            finished_at=now if over else None,
        )
    return over


def check_notice(desk: Desk) -> None:
    """Whether every changed text was announced as long before it holds as the rule of that day says; raises `ValueError`."""
    for of_name in desk.texts.values():
        for each in of_name[1:]:
            announced_at = datetime.combine(each.announced_on, time(), CHINA)
            rule = desk.rules.read("users.agreements", AgreementNotice, at=announced_at)
            rules.check_notice(each, rule.notice_days)


@lru_cache(maxsize=1)
def _index() -> _Index:
    text = resources.files("tael.users").joinpath(_FOLDER, "index.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Index)


@lru_cache(maxsize=128)
def _text(name: str) -> str:
    return resources.files("tael.users").joinpath(_FOLDER, f"{name}.txt").read_text("utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
