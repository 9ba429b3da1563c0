"""Do the simulated providers speak the protocol of docs/guides/verification.md? Asked by a client that is none of ours.

Everything here is written from the guide: httpx, hmac, hashlib, and the SM2 of gmssl.
"""

import base64
import hashlib
import hmac
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import gmssl_pyx  # type: ignore[import-untyped]  # it ships a stub without the mark that says so
import httpx
import pytest

from tael.testing.clocks import ManualClock
from tael.testing.verification import running_sources


class Provider:
    """One product of a provider, as its client sees it."""

    def __init__(self, folder: Path, product: str, clock: ManualClock, session: httpx.AsyncClient) -> None:
        self.told = tomllib.loads((folder / f"{product}.toml").read_text("utf-8"))
        self.product = product
        self.clock = clock
        self.session = session

    def sign(self, lines: list[str]) -> str:
        message = "\n".join(lines).encode()
        if self.told["algorithm"] == "hmac-sha256":
            return base64.b64encode(hmac.digest(self.told["secret"].encode(), message, "sha256")).decode()
        _, private, public = self.told["private_key"].split()
        signature = gmssl_pyx.sm2_sign(bytes.fromhex(private), bytes.fromhex(public), message)
        return base64.b64encode(signature).decode()

    def is_theirs(self, lines: list[str], signature: str) -> bool:
        message = "\n".join(lines).encode()
        if self.told["algorithm"] == "hmac-sha256":
            return hmac.compare_digest(self.sign(lines), signature)
        public = bytes.fromhex(self.told["provider_key"].removeprefix("sm2:"))
        return bool(gmssl_pyx.sm2_verify(public, message, base64.b64decode(signature)))

    async def ask(self, body: dict[str, Any], **wrong: str) -> httpx.Response:
        """Ask; `wrong` are headers other than they should be, or `covered`: what the signature covers instead."""
        covered = {name: value for name, value in body.items() if name != "card_number"}
        canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "verify-client": self.told["client"],
            "verify-time": str(int(self.clock.now().timestamp())),
            "verify-once": uuid4().hex,
        }
        headers |= {f"verify-{name}": value for name, value in wrong.items() if name != "covered"}
        lines = [
            "verify request",
            "POST",
            httpx.URL(self.told["url"]).raw_path.decode(),
            headers["verify-client"],
            headers["verify-time"],
            headers["verify-once"],
            hashlib.sha256(wrong.get("covered", canonical).encode()).hexdigest(),
        ]
        headers["verify-signature"] = self.sign(lines)
        answer = await self.session.post(self.told["url"], content=json.dumps(body), headers=headers)
        if answer.status_code == 200:
            said = ["verify answer", "200", headers["verify-client"], answer.headers["verify-time"]]
            said += [headers["verify-once"], hashlib.sha256(answer.content).hexdigest()]
            assert self.is_theirs(said, answer.headers["verify-signature"])
            assert not self.is_theirs([*said[:-1], "0" * 64], answer.headers["verify-signature"])
        return answer


@pytest.fixture
async def providers(tmp_path: Path, clock: ManualClock) -> AsyncIterator[dict[str, Provider]]:
    async with (
        running_sources(tmp_path / "providers", clock=clock) as running,
        httpx.AsyncClient() as session,
    ):
        running.tell(tmp_path / "told")
        yield {
            file.stem: Provider(tmp_path / "told", file.stem, clock, session)
            for file in (tmp_path / "told").glob("*.toml")
        }


def question(product: str, **more: Any) -> dict[str, Any]:
    return {
        "number": f"chk-{uuid4().hex}",
        "product": product,
        "name": "欧阳娜娜",
        "document": {"kind": "resident_identity_card", "number": "11010519491231002X", "issued_by": "CHN"},
        **more,
    }


async def test_another_client_understands_every_provider(providers: dict[str, Provider]) -> None:
    more: dict[str, dict[str, Any]] = {
        "identity_database": {},
        "mobile_operator": {"phone": "+8613800001234"},
        "bank_card": {"phone": "+8613800001234", "card_number": "6222020000000007"},
        "document_face": {"front": "AAAA", "back": "AAAA", "face": "AAAA"},
        "video": {"notify_url": ""},
    }
    assert providers.keys() == more.keys()
    for product, fields in more.items():
        said = (await providers[product].ask(question(product, **fields))).json()
        if product == "video":
            assert said["status"] == "pending"
            page = await providers[product].session.get(said["page_url"])
            assert page.status_code == 200
            assert 'value="pass"' in page.text
        else:
            assert said["status"] == "done"
            assert set(said["elements"].values()) == {"match"}
    assert (await providers["bank_card"].ask(question("bank_card", **more["bank_card"]))).json()[
        "card_last4"
    ] == "0007"


@pytest.mark.parametrize("product", ["identity_database", "mobile_operator"])
async def test_what_is_not_signed_rightly_is_refused(
    providers: dict[str, Provider], product: str, clock: ManualClock
) -> None:
    provider, asked = providers[product], question(product, phone="+8613800001234")
    late = str(int(clock.now().timestamp()) - 400)
    for wrong in ({"client": "somebody"}, {"time": late}, {"once": "short"}, {"covered": "{}"}):
        assert (await provider.ask(asked, **wrong)).status_code == 401
    once = uuid4().hex
    assert (await provider.ask(asked, once=once)).status_code == 200
    assert (await provider.ask(asked, once=once)).status_code == 401


async def test_a_number_is_answered_once_and_names_one_question(providers: dict[str, Provider]) -> None:
    provider, asked = providers["identity_database"], question("identity_database")
    first, again = await provider.ask(asked), await provider.ask(asked)
    assert first.content == again.content
    assert (await provider.ask({**asked, "name": "李四"})).status_code == 409


async def test_what_is_not_whole_is_refused(providers: dict[str, Provider]) -> None:
    provider = providers["mobile_operator"]
    assert (await provider.ask(question("mobile_operator"))).status_code == 400
    assert (await provider.ask(question("video", phone="+8613800001234"))).status_code == 400
    assert (await provider.ask({"product": "mobile_operator"})).status_code == 400
