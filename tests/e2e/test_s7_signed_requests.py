"""S7 over HTTP: are requests of a key that must sign let in as they were signed, once, and otherwise refused?"""

import base64
import hashlib
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.app.listeners import make_listener
from tael.foundation.http.signatures import ALGORITHMS, Algorithm
from tael.foundation.ids import new_id
from tael.testing.platform import MerchantClient, Platform, Reply
from tests.e2e.asking import GOOD, PAYMENTS, check_problem
from tests.e2e.in_process import ask
from tests.unit.signing_desk import Signer, make_signer, signed_headers

BODY = msgspec.json.encode(GOOD)


class Office(msgspec.Struct, frozen=True):
    """A merchant's server whose key must sign."""

    shop: Platform
    client: MerchantClient
    signer: Signer
    key_id: str

    def headers(
        self, method: str, target: str, body: bytes = b"", *, created: datetime | None = None
    ) -> dict[str, str]:
        """The headers of a signed request."""
        plain = {"Idempotency-Key": new_id("key")} if body else {}
        return signed_headers(
            self.signer,
            method,
            target,
            body,
            created=created or datetime.now(UTC),
            headers=plain,
            key_id=self.key_id,
            nonce=new_id("non"),
            origin=self.shop.public_url,
        )

    async def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Send exactly that."""
        sent = {"Authorization": f"Bearer {self.client.secret}", "Content-Type": "application/json"} | dict(
            headers
        )
        url = self.shop.public_url + target
        async with self.shop.session.request(method, url, data=body or None, headers=sent) as answer:
            return Reply(answer.status, dict(answer.headers), await answer.read())


async def open_office(shop: Platform, algorithm: Algorithm = "ed25519") -> Office:
    boss = await shop.new_merchant()
    signer = make_signer(algorithm)
    key = (await boss.post("/v1/keys", {"name": algorithm})).body
    path = f"/v1/keys/{key['prefix']}"
    early = await boss.post(path, {"must_sign": True})
    check_problem(early, 400, "merchants.key_malformed", "must_sign")
    added = await boss.post(f"{path}/signing_keys", {"algorithm": algorithm, "public_key": signer.public_pem})
    assert (await boss.post(path, {"must_sign": True})).body["must_sign"]
    clerk = MerchantClient(shop.session, shop.public_url, boss.merchant, key["secret"])
    return Office(shop, clerk, signer, added.body["signing_keys"][0]["id"])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_s7_a_signed_request_is_done_and_an_unsigned_one_is_refused(
    shop: Platform, algorithm: Algorithm
) -> None:
    office = await open_office(shop, algorithm)
    check_problem(await office.client.post(PAYMENTS, GOOD), 401, "signature_refused", "Signature")
    made = await office.send("POST", PAYMENTS, office.headers("POST", PAYMENTS, BODY), BODY)
    assert made.status == 201, made.raw
    one = f"{PAYMENTS}?limit=1&reference=order-1"
    listed = await office.send("GET", one, office.headers("GET", one))
    assert listed.status == 200, listed.raw
    assert made.body["id"].encode() in listed.raw


async def test_s7_a_request_that_was_changed_on_its_way_is_refused_and_nothing_is_done(
    shop: Platform,
) -> None:
    office = await open_office(shop)
    good = office.headers("POST", PAYMENTS, BODY)
    other_body = BODY.replace(b"1280", b"1290")
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(other_body).digest()).decode() + ":"
    for headers, target, body in (
        (good, PAYMENTS, other_body),
        (good | {"content-digest": digest}, PAYMENTS, other_body),
        (good | {"idempotency-key": new_id("key")}, PAYMENTS, BODY),
        (good, "/v1/keys", BODY),
        (good | {"tael-version": "2026-11-01"}, PAYMENTS, BODY),
        (
            office.headers("POST", PAYMENTS, BODY, created=datetime.now(UTC) - timedelta(seconds=302)),
            PAYMENTS,
            BODY,
        ),
        (
            office.headers("POST", PAYMENTS, BODY, created=datetime.now(UTC) + timedelta(seconds=60)),
            PAYMENTS,
            BODY,
        ),
    ):
        check_problem(await office.send("POST", target, headers, body), 401, "signature_refused", "Signature")
    nothing = await office.send("GET", PAYMENTS, office.headers("GET", PAYMENTS))
    assert b"pay_" not in nothing.raw
    assert (await office.send("POST", PAYMENTS, good, BODY)).status == 201


async def test_s7_a_signature_is_good_once_in_all_processes(shop: Platform) -> None:
    office = await open_office(shop)
    headers = office.headers("POST", PAYMENTS, BODY)
    assert (await office.send("POST", PAYMENTS, headers, BODY)).status == 201
    check_problem(
        await office.send("POST", PAYMENTS, headers, BODY), 401, "signature_seen", "Signature-Input"
    )
    another_process = make_listener(shop.house, "public")
    sent = {"Authorization": f"Bearer {office.client.secret}", "Content-Type": "application/json"} | headers
    again = await ask(another_process, "POST", PAYMENTS, headers=sent, body=BODY)
    assert (again.status, again.body["code"]) == (401, "signature_seen")

    signed_anew = office.headers("POST", PAYMENTS, BODY)
    repeat = signed_headers(
        office.signer,
        "POST",
        PAYMENTS,
        BODY,
        created=datetime.now(UTC),
        headers={"Idempotency-Key": signed_anew["idempotency-key"]},
        key_id=office.key_id,
        nonce=new_id("non"),
        origin=shop.public_url,
    )
    first = await office.send("POST", PAYMENTS, signed_anew, BODY)
    second = await office.send("POST", PAYMENTS, repeat, BODY)
    assert (first.status, second.raw) == (201, first.raw)


async def test_s7_a_public_key_is_replaced_without_a_pause(shop: Platform) -> None:
    office = await open_office(shop)
    prefix = office.client.secret.rpartition("_")[0]
    fresh = make_signer("ed25519")
    path = f"/v1/keys/{prefix}/signing_keys"
    body = msgspec.json.encode({"algorithm": "ed25519", "public_key": fresh.public_pem})
    added = await office.send("POST", path, office.headers("POST", path, body), body)
    assert added.status == 200, added.raw
    new_id_of_key = added.body["signing_keys"][1]["id"]
    later = msgspec.structs.replace(office, signer=fresh, key_id=new_id_of_key)
    shop.house.merchant_keys.ring._holders._known.clear()
    for each in (office, later):
        assert (await each.send("GET", PAYMENTS, each.headers("GET", PAYMENTS))).status == 200
    end = f"{path}/{office.key_id}/revoke"
    assert (await later.send("POST", end, later.headers("POST", end, b"{}"), b"{}")).status == 200
    shop.house.merchant_keys.ring._holders._known.clear()
    gone = await office.send("GET", PAYMENTS, office.headers("GET", PAYMENTS))
    check_problem(gone, 401, "signature_refused", "Signature")
    assert (await later.send("GET", PAYMENTS, later.headers("GET", PAYMENTS))).status == 200


async def test_s7_a_body_beyond_the_limit_is_refused_before_it_is_read_to_its_end(shop: Platform) -> None:
    office = await open_office(shop)
    huge = b"x" * 300_000
    reply = await office.send("POST", PAYMENTS, office.headers("POST", PAYMENTS, huge), huge)
    check_problem(reply, 413, "body_too_large")


async def test_s7_openssl_signs_with_sm2_what_we_believe(shop: Platform, tmp_path: Path) -> None:
    """An independent maker of keys and signatures."""

    def openssl(*words: str, text: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *words], input=text, capture_output=True, check=True).stdout

    private, message = tmp_path / "sm2.pem", tmp_path / "message"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", str(private))

    def sign(text: bytes) -> bytes:
        message.write_bytes(text)
        return openssl(
            "pkeyutl", "-sign", "-inkey", str(private), "-rawin", "-digest", "sm3", "-in", str(message),
            "-pkeyopt", "distid:1234567812345678",
        )  # fmt: skip

    signer = Signer("sm2-sm3", openssl("pkey", "-in", str(private), "-pubout").decode(), sign)
    boss = await shop.new_merchant()
    prefix = boss.secret.rpartition("_")[0]
    added = await boss.post(
        f"/v1/keys/{prefix}/signing_keys", {"algorithm": "sm2-sm3", "public_key": signer.public_pem}
    )
    assert added.status == 200, added.raw
    shop.house.merchant_keys.ring._holders._known.clear()
    office = Office(shop, boss, signer, added.body["signing_keys"][0]["id"])
    assert (await office.send("POST", PAYMENTS, office.headers("POST", PAYMENTS, BODY), BODY)).status == 201
