"""How does a test come to users of a whole platform? They register over HTTP, with a code that identity hands out here."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tael.foundation.ids import new_id
from tael.foundation.personal import PHONE
from tael.foundation.phones import phone_as_kept
from tael.standing.model import Presence
from tael.testing.platform import Platform

PASSWORD = "violet-otter-umbrella"
SOURCES = ("identity_database", "mobile_operator", "bank_card")


class Person(msgspec.Struct, frozen=True):
    """A user with a session."""

    shop: Platform
    id: str
    phone: str
    token: str

    async def get(self, path: str) -> Any:
        """What the public listener answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.shop.session.get(self.shop.public_url + path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return msgspec.json.decode(await answer.read())

    async def post(self, path: str, body: Mapping[str, Any], *, status: int = 201) -> Any:
        """What comes of something that they want."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": new_id("key"),
            "Content-Type": "application/json",
        }
        data = msgspec.json.encode(body)
        async with self.shop.session.post(self.shop.public_url + path, data=data, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            return msgspec.json.decode(await answer.read())

    async def say_who(self, name: str, number: str, **document: Any) -> Any:
        """Who they say they are."""
        given = {"kind": "resident_identity_card", "number": number, **document}
        return await self.post("/v1/me/identity", {"name": name, "document": given}, status=200)

    async def confirmed_by(self, sources: int) -> None:
        """So many sources confirm it."""
        standing, clock = self.shop.house.people.standing, self.shop.house.clock
        for source in SOURCES[:sources]:
            async with self.shop.house.database.transaction() as tx:
                await standing.record_evidence(
                    tx, self.id, source, Presence.REMOTE, clock.now(), person=self.id
                )


async def a_user(shop: Platform, phone: str, *, language: str = "en") -> Person:
    """A new user, who has said nothing of themselves yet."""
    people = shop.house.people
    about = people.personal.index_of(PHONE, phone_as_kept(phone)).hex()
    async with shop.house.database.transaction() as tx:
        code = await people.identity.make_code(tx, about=about, purpose="register")
    nobody = Person(shop, "", phone, "nobody")
    async with shop.session.get(f"{shop.public_url}/v1/users/agreements") as answer:
        said = msgspec.json.decode(await answer.read())["agreements"]
    agreements = [
        {"agreement": each["agreement"], "version": each["version"], "digest": each["digests"][language]}
        for each in said
    ]
    body = {
        "phone": phone,
        "code": code,
        "password": PASSWORD,
        "agreements": agreements,
        "language": language,
    }
    made = await nobody.post("/v1/users", body)
    return Person(shop, made["user_id"], phone, made["session_token"])
