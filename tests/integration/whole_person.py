"""A person of whom we hold every kind of datum, in a whole house: each given by the real routes; and what lies where of it."""

import base64
import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import psycopg

from tael.app.listeners import make_listener
from tael.app.people import SEALED
from tael.app.supervisor import DatabaseUrls
from tael.app.user_routes import user_staff_routes
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.foundation.personal import IDENTITY_DOCUMENT
from tael.foundation.personal import NAME as NAME_INDEX
from tael.foundation.personal import PHONE as PHONE_INDEX
from tael.identity.store import payment_passwords
from tael.standing.model import Kind, NewRestriction, Permission, Reason
from tael.testing.passkeys import SoftAuthenticator
from tael.testing.post_office import running_post_office
from tael.testing.verification import PICTURE
from tests.integration.funding_scene import CARD, FundingScene, funding_scene
from tests.integration.users_scene import PASSWORD, Somebody, UsersScene, id_number

NAME, NUMBER = "欧阳植入", id_number("19910402", sequence=93)
PHONE, NEXT_PHONE, BANK_PHONE = "+8613812340093", "+8613812340094", "+8613700170093"
MAIL, BROWSER = "ouyang.planted@person.example", "Planted Browser/93"
FACE = PICTURE + b"the face of somebody who was planted here, in no other test"
DIGITS, SITE = "739416", "http://localhost:8080"
WORDS = "Please look, my planted reason is 31 Planted Alley"
PLANTED: Mapping[str, bytes] = {
    "name": NAME.encode(),
    "document": NUMBER.encode(),
    "telephone": PHONE.removeprefix("+86").encode(),
    "next telephone": NEXT_PHONE.removeprefix("+86").encode(),
    "telephone at the bank": BANK_PHONE.removeprefix("+86").encode(),
    "mail": MAIL.encode(),
    "card": CARD.encode(),
    "face": FACE[-40:],
    "password": PASSWORD.encode(),
}
"""What may lie nowhere in clear."""
Places = dict[str, bytes]


class WholeScene(msgspec.Struct, frozen=True, kw_only=True):
    """A whole house, and users who speak to it over HTTP."""

    funding: FundingScene
    users: UsersScene
    urls: DatabaseUrls

    async def known(self) -> Somebody:
        """Somebody who has given everything that can be given."""
        who = await self.users.somebody(PHONE, BROWSER).register()
        await self._say_who(who)
        await self._reach(who)
        await self._hold_money(who)
        await self._ask_for_something(who)
        await self.quiet()
        return who

    async def quiet(self) -> None:
        """Everything that follows by itself."""
        people = self.funding.house.people
        await self.funding.time_passes(seconds=1)
        await people.behaviour.look()
        await self.users.everything_told()
        await people.messages.relay.work_off()

    async def _say_who(self, who: Somebody) -> None:
        said = await who.say_who(NAME, number=NUMBER)
        assert said.status_code == 200, said.text
        for source in ("identity_database", "mobile_operator"):
            assert (await who.verify(source))["counts"], source
        await who.consent()
        picture = base64.b64encode(FACE).decode()
        assert (await who.verify("document_face", front=picture, back=picture, face=picture))["counts"]

    async def _reach(self, who: Somebody) -> None:
        people = self.funding.house.people
        async with self.funding.house.database.transaction() as tx:
            await people.messages.address(tx, who.user_id, email=MAIL)
        push = await self.users.office.browser(who.user_id)
        body = {
            "endpoint": push.endpoint,
            "keys": {"p256dh": push.p256dh, "auth": push.auth},
            "device": BROWSER,
        }
        added = await who.post("/v1/me/push_subscriptions", body)
        assert added.status_code == 201, added.text
        asked = (await who.get("/v1/me/passkeys/options")).json()
        made = SoftAuthenticator(SITE).make(asked["options"])
        kept = await who.post("/v1/me/passkeys", {"name": "My phone", "answer": made})
        assert kept.status_code == 201, kept.text
        set_up = await who.post("/v1/me/payment_password", {"payment_password": DIGITS})
        assert set_up.status_code == 200, set_up.text

    async def _hold_money(self, who: Somebody) -> None:
        token = str((await self.funding.vault.tokenise(CARD, merchant_id=who.user_id))["id"])
        bound = await who.post("/v1/me/bank_cards", {"card_token": token})
        assert bound.json()["state"] == "bound", bound.text
        begun = await who.post("/v1/me/top_ups", {"amount_minor": 51_000, "method": "alipay"})
        await self.funding.control("alipay").pay(begun.json()["action"]["code_url"])
        await self.funding.time_passes()
        await self._send_some(who)
        quote = (await who.post("/v1/me/withdrawal_quotes", {"amount_minor": 50_000})).json()
        wish = {"quote_id": quote["id"]}
        wanted = {"strength": (await who.post("/v1/me/withdrawals", wish)).json()["strength"]}
        asked = await who.post(f"/v1/me/withdrawal_quotes/{quote['id']}/confirmation", wanted)
        confirmation = asked.json()["confirmation_id"]
        proof = {"factor": "payment_password", "proof": DIGITS}
        shown = await who.post(f"/v1/me/confirmations/{confirmation}/confirm", proof)
        assert shown.status_code == 200, shown.text
        made = await who.post("/v1/me/withdrawals", {**wish, "confirmation_id": confirmation})
        assert made.status_code == 201, made.text
        await self.funding.time_passes()

    async def _send_some(self, who: Somebody) -> None:
        payee = await self.funding.somebody("李四")
        login_id = (await self.users.users.find([who.user_id]))[who.user_id].login_id
        async with self.users.database.transaction() as tx:
            await payment_passwords.agree(tx, login_id, Money(20_000, "CNY"), now=self.users.clock.now())
        body = {"payee": payee.user_id, "amount_minor": 1_000, "note": "Lunch"}
        sent = await who.post("/v1/me/transfers", body)
        assert sent.status_code == 201, sent.text

    async def _ask_for_something(self, who: Somebody) -> None:
        asked = await who.post("/v1/me/corrections", {"name": NAME + "人", "words": WORDS})
        assert asked.status_code == 201, asked.text
        wish = {"limit": "transfer_day_minor", "wanted": 100, "words": WORDS}
        asked = await who.post("/v1/me/permission_requests", wish)
        assert asked.status_code == 201, asked.text
        taken = NewRestriction(
            user_id=who.user_id,
            kind=Kind.BEHAVIOUR,
            takes=(Permission.TRANSFER,),
            reason=Reason.UNUSUAL_ACTIVITY,
            note="seen by nobody",
            rule="behaviour.rules",
        )
        async with self.users.database.transaction() as tx:
            restriction = await self.users.people.standing.restrict(tx, taken)
        body = {"restriction_id": restriction.id, "words": WORDS}
        objected = await who.post("/v1/me/objections", body)
        assert objected.status_code == 201, objected.text
        await who.post("/v1/me/phone/codes", {"phone": NEXT_PHONE})

    async def copy_of(self, who: Somebody) -> dict[str, Any]:
        """The file that somebody fetches, as a program reads it."""
        asked = (await who.post("/v1/me/personal_data_requests", {"kind": "export"})).json()
        await self.users.users.work_off_requests()
        fetched = await who.post(f"/v1/me/personal_data_requests/{asked['id']}/fetch", {})
        with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
            return dict(msgspec.json.decode(archive.read("personal_information.json")))

    async def leave(self, who: Somebody) -> None:
        """Close the account, and let everybody hear of it."""
        asked = await who.post("/v1/me/personal_data_requests", {"kind": "deletion"})
        assert asked.status_code == 202, asked.text
        await self.users.users.work_off_requests()
        await self.quiet()

    async def forget(self) -> None:
        """Every job that forgets."""
        people, funding = self.users.people, self.funding.house.funding
        for forget in (
            people.users.erase_old,
            people.identity.forget_old,
            people.verification.forget_old,
            people.behaviour.forget_old,
            people.messages.forget_old,
            funding.forget_unbound,
        ):
            await forget()
        await self.users.everything_told()

    async def opened(self) -> dict[str, list[bytes]]:
        """What every sealed column of the database says, by its name."""
        sealer = self.funding.house.sealer
        found: dict[str, list[bytes]] = {}
        for column in SEALED:
            fields = [column.field, *column.named]
            query = Query("sealed", f"select {', '.join(fields)} from {column.place}".encode())
            async with self.users.database.transaction() as tx:
                rows = [dict(zip(fields, row, strict=True)) for row in await tx.tuples(query)]
            opened = [
                sealer.open(bytes(row[column.field]), about=column.about.format(**row))
                for row in rows
                if row[column.field] is not None
            ]
            if opened:
                found[f"{column.place}.{column.field}"] = sorted(opened)
        return found

    async def under_key(self, number: int) -> dict[str, int]:
        """How many fields of people lie under a key, by column."""
        found = {}
        for column in SEALED:
            query = Query(
                "under",
                f"select count(*) from {column.place} where get_byte({column.field}, 2) = {number}".encode(),
            )
            async with self.users.database.transaction() as tx:
                [(count,)] = await tx.tuples(query)
            found[f"{column.place}.{column.field}"] = count
        return {name: count for name, count in found.items() if count}

    def indexes(self) -> dict[str, bytes]:
        """Under which blind indexes somebody is found."""
        personal = self.users.people.personal
        document = f"resident_identity_card CHN {NUMBER}"
        said = {
            "telephone": (PHONE_INDEX, PHONE),
            "document": (IDENTITY_DOCUMENT, document),
            "name": (NAME_INDEX, NAME),
        }
        return {
            f"{what} {place}": index
            for what, (kind, text) in said.items()
            for place, index in enumerate(reversed(personal.indexes_of(kind, text)), start=1)
        }


@contextlib.asynccontextmanager
async def whole_scene(urls: DatabaseUrls, folder: Path) -> AsyncIterator[WholeScene]:
    """Until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        office = await stack.enter_async_context(running_post_office(folder / "office"))
        led = office.reached_by(Settings(home=folder / "home"))
        ways = ("sms_url", "sms_key_file", "smtp_url", "push_services", "push_contact")
        scene = await stack.enter_async_context(
            funding_scene(urls, folder, public_url=SITE, **{way: getattr(led, way) for way in ways})
        )
        house = scene.house

        async def member(secret: str) -> Principal:
            who, _, permission = secret.partition("/")
            return Principal(owner="operations", actor=f"staff:{who}", permissions=frozenset({permission}))

        inside = make_app(user_staff_routes(house), body_limit_bytes=100_000, authenticate=member)
        public = await stack.enter_async_context(_client(make_listener(house, "public")))
        internal = await stack.enter_async_context(_client(inside))
        users = UsersScene(
            people=house.people,
            users=house.people.users,
            database=house.database,
            clock=scene.clock,
            office=office,
            sources=cast(Any, None),
            courier=house.courier,
            public=public,
            internal=internal,
            home=scene.settings.home,
        )
        yield WholeScene(funding=scene, users=users, urls=urls)


def _client(app: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=cast(Any, app), client=("203.0.113.7", 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://tael")


# What lies where.


async def dump_of(urls: DatabaseUrls) -> Places:
    """Every table of the database as text, those of the vault too."""
    found: Places = {}
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        tables = await owner.execute(
            "select schemaname || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for (table,) in await tables.fetchall():
            async with (
                owner.cursor() as cursor,
                cursor.copy(f"copy (select * from {table}) to stdout".encode()) as out,
            ):
                found[str(table)] = b"".join([bytes(part) async for part in out])
    return found


def files_in(home: Path) -> Places:
    """Everything that the platform keeps beside the database, but for its keys."""
    return {
        str(each.relative_to(home)): each.read_bytes()
        for each in home.rglob("*")
        if each.is_file() and "keys" not in each.relative_to(home).parts
    }


def forms_of(planted: bytes) -> Iterable[bytes]:
    """How something may lie: as it is, in hexadecimal, in base64 wherever it begins, escaped in JSON, hashed without a key."""
    yield planted
    yield planted.hex().encode()
    for text in (planted, b'"' + planted + b'"', b'"+86' + planted + b'"'):
        yield hashlib.sha256(text).hexdigest().encode()
        yield hashlib.blake2b(text, digest_size=8).hexdigest().encode()
    for shift in range(3):
        within = base64.b64encode(bytes(shift) + planted)[4 if shift else 0 :]
        yield within[: len(within) // 4 * 4 - 4]
    with contextlib.suppress(UnicodeDecodeError):
        yield json.dumps(planted.decode())[1:-1].encode()


def where(planted: Mapping[str, bytes], places: Places) -> list[tuple[str, str]]:
    """Where something lies that may lie nowhere."""
    forms = {what: {*forms_of(value)} for what, value in planted.items()}
    return [
        (place, what)
        for place, content in places.items()
        for what, each in forms.items()
        if any(form in content for form in each)
    ]


def rows_about(places: Places, *ids: str) -> dict[str, list[str]]:
    """In which tables there is anything that names one of these."""
    found = {
        place: [line.decode() for line in content.splitlines() if any(id.encode() in line for id in ids)]
        for place, content in places.items()
    }
    return {place: lines for place, lines in found.items() if lines}
