"""What do we keep of a user, who reads it in clear, and how does a user get a copy?

A copy is a file that is made by and by, sealed, and fetched once; `leaving` says what becomes of whoever goes.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape

import msgspec
import structlog

from tael.behaviour.model import ActKind
from tael.foundation.ids import new_id
from tael.users import store
from tael.users.errors import FileGone, RequestPending, Restricted
from tael.users.model import (
    DataRequest,
    DataRequestKind,
    DataRequestState,
    Person,
    Retention,
    Unmasking,
    User,
    UserState,
)
from tael.users.schemas.bodies import KeptBody
from tael.users.schemas.shown import review_body
from tael.users.schemas.staff import UnmaskedBody, UnmaskRequest
from tael.users.store import data
from tael.users.usecases import leaving, people, reviews
from tael.users.usecases.desk import Desk, Doing, doing_by_itself

log = structlog.get_logger("tael.users")

COPIED = 10_000
"""As many of a kind stand in a copy."""
_AT_ONCE = 20
_ABOUT_FILE = "personal data request {id}"


# What we keep.


def kept_of(user: User, person: Person | None, *, until: str) -> Sequence[KeptBody]:
    """Each kind of information, masked, with what it is for."""
    kept = [
        KeptBody(
            what="phone",
            shown=user.phone_shown,
            purpose="the account, codes and messages",
            basis="contract (PIPL Art. 13 (2))",
            kept_until=until,
        ),
        KeptBody(
            what="agreements and consents",
            shown=", ".join(user.agreed),
            purpose="to show what was agreed on",
            basis="law (PIPL Art. 13 (3))",
            kept_until=until,
        ),
        KeptBody(
            what="sign-ins, devices and acts",
            shown="address, device and country of each",
            purpose="to recognise what is not yours",
            basis="law (Anti-Telecom-Fraud Law Art. 18)",
            kept_until="as the rule behaviour.retention says",
        ),
    ]
    if person is not None:
        kept += [
            KeptBody(
                what=what,
                shown=shown,
                purpose="to know who you are",
                basis="law (Anti-Money-Laundering Law Art. 28 to 34)",
                kept_until=until,
            )
            for what, shown in (
                ("name", person.name_shown),
                ("document", f"{person.kind} {person.number_shown}"),
            )
        ]
    return kept


# Staff read it in clear.


async def unmask(doing: Doing, wanted: UnmaskRequest) -> UnmaskedBody:
    """What somebody reads in clear, each time for a reason that stays; refuses `NoSuchUser`, `Restricted`."""
    user = await store.find_user(doing.tx, doing.user_id)
    if user.state is UserState.ERASED:
        raise Restricted("Nothing is left of this user that tells who it was.")
    known = await people.in_clear(doing, await store.find_person(doing.tx, user.id))
    fields = tuple(dict.fromkeys(wanted.fields))
    unmasking = Unmasking(
        id=new_id("unm"),
        user_id=user.id,
        by=doing.actor,
        fields=fields,
        reason=wanted.reason.strip(),
        address=doing.visitor.address,
        at=doing.now,
    )
    await data.insert_unmasking(doing.tx, unmasking)
    await doing.note("unmask", result="done")
    document = f"{known.kind} {known.issued_by} {known.number}" if known.number else ""
    clear = {"name": known.name, "document": document, "phone": known.phone}
    return UnmaskedBody(user_id=user.id, **{field: clear[field] for field in fields})


# A copy.


async def ask(doing: Doing, kind: DataRequestKind) -> DataRequest:
    """Ask for a copy, or for the end; refuses `RequestPending`, `StillOpen`."""
    user = await doing.user(lock=True)
    if kind is DataRequestKind.DELETION:
        await leaving.check_nothing_open(doing.desk, user.id)
    request = DataRequest(
        id=new_id("pdr"), user_id=user.id, kind=kind, state=DataRequestState.ASKED, asked_at=doing.now
    )
    if not await data.insert_request(doing.tx, request):
        raise RequestPending("The same is being done already.")
    await doing.record(ActKind.CHANGE, what=f"personal_data_{kind}")
    return request


async def work_off(desk: Desk) -> None:
    """Do what users have asked, one after another; what fails is tried again in the next round. Safe to do twice."""
    after = ""
    while True:
        async with desk.database.transaction() as tx:
            asked = await data.requests_asked(tx, after=after, limit=_AT_ONCE)
        for request in asked:
            do = _write_copy if request.kind is DataRequestKind.EXPORT else leaving.close
            try:
                await do(desk, request)
            except Exception:  # whatever is wrong with what is kept of one user holds up nobody else
                log.exception("personal_data_request_failed", request=request.id)
        if len(asked) < _AT_ONCE:
            break
        after = asked[-1].id
    async with desk.database.transaction() as tx:
        await data.forget_files(tx, now=desk.clock.now())


async def fetch(doing: Doing, request_id: str) -> bytes:
    """The file, once; refuses `NoSuchRecord`, `FileGone`."""
    request = await data.find_request(doing.tx, request_id, user_id=doing.user_id)
    sealed = await data.fetch_file(doing.tx, request.id, user_id=doing.user_id, now=doing.now)
    if sealed is None:
        raise FileGone(
            f"The file is {request.state}.",
            hint="Wait until it is ready."
            if request.state is DataRequestState.ASKED
            else "It can be fetched once, and not for ever: ask for another one.",
        )
    await doing.note("fetch_personal_data", object_id=request.id)
    return doing.desk.sealed_files.open(sealed, about=_ABOUT_FILE.format(id=request.id))


async def copy_of(desk: Desk, doing: Doing) -> Mapping[str, object]:
    """All that we know of a user, in clear, kind by kind; of nobody else anything, and not who looked at them."""
    user = await store.find_user(doing.tx, doing.user_id)
    person = await store.find_person(doing.tx, user.id)
    known = await people.in_clear(doing, person)
    own: dict[str, object] = {
        "account": {
            "id": user.id,
            "state": user.state,
            "phone": known.phone,
            "language": user.language,
            "registered_at": user.registered_at,
        },
        "identity": person
        and {
            "name": known.name,
            "document": known.kind,
            "number": known.number,
            "issued_by": known.issued_by,
            "valid_until": known.valid_until,
            "state": person.state,
            "verified_at": person.verified_at,
        },
        "agreements": await store.acceptances_of(doing.tx, user.id),
        "consents": await store.consents_of(doing.tx, user.id),
        "verifications": await store.verifications_of(doing.tx, user.id),
        "reviews": [review_body(each) for each in await reviews.of_user(doing.tx, user.id)],
        "requests": await data.requests_of(doing.tx, user.id, limit=200),
        "sessions": await desk.identity.sessions(user.login_id),
        "devices": await desk.identity.devices(user.login_id),
        "passkeys": await desk.identity.passkeys(user.login_id),
        "confirmed": await desk.identity.confirmed_by(doing.tx, user.login_id, limit=COPIED),
    }
    return own | {name: await ask_for(user.id) for name, ask_for in desk.contributions.items()}


def file_of(copy: Mapping[str, object]) -> bytes:
    """A copy for programs and one for readers, in one archive."""
    plain = msgspec.to_builtins(copy, str_keys=True)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("personal_information.json", msgspec.json.format(msgspec.json.encode(plain)))
        archive.writestr("personal_information.html", _page_of(plain))
    return written.getvalue()


async def _write_copy(desk: Desk, request: DataRequest) -> None:
    now = desk.clock.now()
    rule = desk.rules.read("users.retention", Retention, at=now)
    good_until = now + timedelta(hours=rule.export_hours)
    async with desk.database.transaction() as tx:
        doing = doing_by_itself(desk, tx, request.user_id)
        content = file_of(await copy_of(desk, doing))
        sealed = desk.sealed_files.seal(content, about=_ABOUT_FILE.format(id=request.id))
        kept = await data.keep_file(
            tx, request.id, sealed=sealed, size=len(content), good_until=good_until, now=now
        )
        if kept:
            await doing.tell("personal_data_ready", {"until": good_until})
            await doing.note("write_personal_data", object_id=request.id)


def _page_of(plain: Mapping[str, object]) -> str:
    def shown(value: object) -> str:
        if isinstance(value, dict):
            rows = "".join(f"<tr><th>{escape(str(k))}</th><td>{shown(v)}</td></tr>" for k, v in value.items())
            return f"<table>{rows}</table>"
        if isinstance(value, list):
            return "".join(f"<li>{shown(each)}</li>" for each in value) or "–"
        return escape("–" if value is None else str(value))

    parts = "".join(f"<h2>{escape(name)}</h2>{shown(value)}" for name, value in plain.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Personal information</title>'
        "<style>body{font:16px sans-serif;max-width:60rem;margin:2rem auto}th{text-align:left;"
        f"vertical-align:top;padding-right:1rem}}</style><h1>Personal information</h1>{parts}</html>"
    )
