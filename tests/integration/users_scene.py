"""Users over HTTP in one process: a post office that their codes reach, sources that know people, and members of staff."""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tael.app.contexts import CONTEXTS
from tael.app.credentials import around_of
from tael.app.people import People, make_people, people_subscriptions
from tael.app.subscriptions import FACTS
from tael.foundation.config import Settings
from tael.foundation.courier import Courier
from tael.foundation.dated_rules import DatedRules, Shipped, shipped_rules
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.http.strangers import Strangers
from tael.foundation.identity_documents import check_character
from tael.foundation.ids import new_id
from tael.foundation.sealing import Sealer
from tael.identity.api import USER_TOKEN
from tael.identity.http import security_routes
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK
from tael.testing.post_office import PostOffice, running_post_office
from tael.testing.verification import PICTURE, RunningSources, running_sources
from tael.users.api import Users
from tael.users.http import door_routes, own_routes, user_staff_routes
from tael.users.model import AgreementName, AgreementVersion

PASSWORD = "violet-otter-umbrella"
ANN, BOB = "+8613812341234", "+8613987654321"
LANGUAGE = "en"


def id_number(born: str = "19900307", *, sequence: int = 17) -> str:
    """A number that a resident identity card can have."""
    digits = f"110101{born}{sequence:03}"
    return digits + check_character(digits)


def identity_of(name: str = "张三", **document: Any) -> dict[str, Any]:
    """Who somebody says they are."""
    given = {"kind": "resident_identity_card", "number": id_number(), "valid_until": "2036-01-01"}
    return {"name": name, "document": {**given, **document}}


class Somebody:
    """A person with a telephone, and a program on it."""

    def __init__(self, scene: "UsersScene", phone: str, device: str = "Tael on a phone") -> None:
        self.scene = scene
        self.phone = phone
        self.device = device
        self.token = ""
        self.device_token: str | None = None
        self.user_id = ""

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.scene.public.get(path, params=query, headers=self._headers())

    async def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> httpx.Response:
        headers = {**self._headers(), "idempotency-key": key or new_id("key")}
        return await self.scene.public.post(path, json=body, headers=headers)

    async def code(self, phone: str | None = None) -> str:
        """The newest code on the telephone."""
        await self.scene.people.messages.relay.work_off()
        return await self.scene.office.code(phone or self.phone)

    async def ask_code(self, purpose: str = "register") -> httpx.Response:
        self.scene.clock.move(minutes=1)
        return await self.post(
            "/v1/users/codes", {"phone": self.phone, "purpose": purpose, "language": LANGUAGE}
        )

    async def try_to_register(self, code: str, /, **more: Any) -> httpx.Response:
        body = {
            "phone": self.phone,
            "code": code,
            "password": PASSWORD,
            "agreements": await self.scene.agreements(),
            "language": LANGUAGE,
        }
        return await self.post("/v1/users", {**body, **more})

    async def register(self) -> "Somebody":
        assert (await self.ask_code()).status_code == 202
        return self.come_in(await self.try_to_register(await self.code()))

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        body = {"phone": self.phone, "password": password, "device_token": self.device_token}
        return await self.post("/v1/users/sign_in", body)

    async def prove_anew(self) -> httpx.Response:
        """Sign in with a code: the device was not seen for long."""
        said = await self.sign_in()
        if said.json()["is_whole"]:
            return said
        token = said.json()["session_token"]
        self.scene.clock.move(minutes=1)
        await self.post("/v1/users/sign_in/codes", {"session_token": token})
        proof = {"session_token": token, "factor": "code", "proof": await self.code()}
        return await self.post("/v1/users/sign_in/proof", proof)

    def come_in(self, response: httpx.Response) -> "Somebody":
        assert response.status_code in {200, 201}, response.text
        said = response.json()
        self.token, self.user_id = said["session_token"], said["user_id"] or self.user_id
        self.device_token = said["device_token"] or self.device_token
        return self

    async def say_who(self, name: str = "张三", **document: Any) -> httpx.Response:
        return await self.post("/v1/me/identity", identity_of(name, **document))

    async def verify(self, source: str = "identity_database", **more: Any) -> dict[str, Any]:
        response = await self.post("/v1/me/verifications", {"source": source, **more})
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def consent(self, purpose: str = "biometrics", *, given: bool = True) -> httpx.Response:
        texts = (await self.get("/v1/me/consent_texts", language=LANGUAGE)).json()
        text = next(each for each in texts if each["purpose"] == purpose)
        said = {"version": text["version"], "digest": text["digest"], "language": LANGUAGE}
        return await self.post("/v1/me/consents", {"purpose": purpose, "given": given, **said})

    async def show_face(self) -> dict[str, Any]:
        await self.consent()
        picture = base64.b64encode(PICTURE).decode()
        return await self.verify("document_face", front=picture, back=picture, face=picture)

    async def told(self) -> list[str]:
        """What they were told in the app, newest first."""
        found = await self.scene.people.messages.list_kept(self.user_id, limit=50)
        return [each.template for each in found]

    def _headers(self) -> dict[str, str]:
        known = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {"user-agent": self.device, **known}


class UsersScene(msgspec.Struct, frozen=True, kw_only=True):
    """What a test works with."""

    people: People
    users: Users
    database: Database
    clock: ManualClock
    office: PostOffice
    sources: RunningSources
    courier: Courier
    public: httpx.AsyncClient
    internal: httpx.AsyncClient
    home: Path

    def somebody(self, phone: str = ANN, device: str = "Tael on a phone") -> Somebody:
        return Somebody(self, phone, device)

    def later(
        self, texts: Mapping[AgreementName, Sequence[AgreementVersion]], *, rules: Shipped | None = None
    ) -> Users:
        """The same users under other agreements, or other rules."""
        people = self.people
        return Users(
            self.database,
            self.clock,
            sealer=Sealer(self.home / "keys"),
            personal=people.personal,
            dated=DatedRules(self.database, rules or shipped_rules(*CONTEXTS)),
            identity=people.identity,
            verification=people.verification,
            standing=people.standing,
            messages=people.messages,
            behaviour=people.behaviour,
            texts=texts,
        )

    async def agreements(self) -> list[dict[str, str]]:
        """What whoever registers accepts."""
        said = (await self.public.get("/v1/users/agreements")).json()["agreements"]
        return [
            {
                "agreement": each["agreement"],
                "version": each["version"],
                "digest": each["digests"][LANGUAGE],
            }
            for each in said
        ]

    async def staff(
        self, who: str, permission: str, path: str, body: Mapping[str, Any] | None = None, **query: Any
    ) -> httpx.Response:
        """What a member of staff with one permission is answered."""
        headers = {"authorization": f"Bearer {who}/{permission}", "idempotency-key": new_id("key")}
        if body is None:
            return await self.internal.get(path, params=query, headers=headers)
        return await self.internal.post(path, json=body, headers=headers)

    async def everything_told(self) -> None:
        """Deliver what happened to whoever hears it."""
        while await self.courier.deliver():
            pass

    async def standing_of(self, user_id: str) -> str:
        """The account class."""
        async with self.database.transaction() as tx:
            return str((await self.people.standing.class_of(tx, [user_id]))[user_id])


@contextlib.asynccontextmanager
async def open_users_scene(
    database: Database, clock: ManualClock, folder: Path, *, shipped: Shipped | None = None
) -> AsyncIterator[UsersScene]:
    """Until the block ends. shipped: the dated rules, if they are not those that come with the program."""
    async with (
        running_post_office(folder / "office", clock=clock) as office,
        running_sources(folder / "providers", clock=clock) as sources,
    ):
        home = folder / "home"
        settings = office.reached_by(Settings(home=home, **QUICK))
        sources.tell(settings.verification_home)
        rules = DatedRules(database, shipped or shipped_rules(*CONTEXTS))
        sealer = Sealer(settings.keys_folder)
        people = make_people(settings, database, clock, sealer, rules)
        strangers = Strangers(database, clock, settings)

        async def user(secret: str) -> Principal:
            return await people.users.principal(secret.removeprefix(USER_TOKEN))

        async def member(secret: str) -> Principal:
            who, _, permission = secret.partition("/")
            return Principal(owner="operations", actor=f"staff:{who}", permissions=frozenset({permission}))

        public = make_app(
            [
                *door_routes(people.users, strangers, people.identity),
                *own_routes(people.users),
                *security_routes(people.identity, around_of(database, clock, people.users, people.messages)),
            ],
            body_limit_bytes=settings.body_limit_bytes,
            authenticate=user,
        )
        internal = make_app(user_staff_routes(people.users), body_limit_bytes=100_000, authenticate=member)
        await people.identity.start()
        people.users.start()
        try:
            async with _client(public) as outside, _client(internal) as inside:
                yield UsersScene(
                    people=people,
                    users=people.users,
                    database=database,
                    clock=clock,
                    office=office,
                    sources=sources,
                    courier=Courier(database, clock, FACTS, people_subscriptions(people)),
                    public=outside,
                    internal=inside,
                    home=home,
                )
        finally:
            await people.users.stop()
            await people.identity.stop()
            await people.wires.close()


def _client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://tael")
