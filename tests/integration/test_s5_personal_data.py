"""S5: does a dump of everything that we keep of a person tell nothing, their copy everything, and is it gone when they are?"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.telemetry import set_up_logging
from tael.testing.databases import fresh_database
from tests.integration.users_scene import Somebody
from tests.integration.whole_person import (
    BROWSER,
    MAIL,
    PHONE,
    PLANTED,
    WORDS,
    WholeScene,
    dump_of,
    files_in,
    rows_about,
    where,
    whole_scene,
)

GIVEN = ("name", "document", "telephone", "mail")
"""What stands in a copy word for word. No face, no number of a card and no password is kept."""
AFTER_LEAVING: Mapping[str, str] = {
    "users.people": "who they were: Anti-Money-Laundering Law, Art. 34, ten years",
    "users.acceptances": "what was agreed, as long as anybody may ask",
    "users.consents": "the same",
    "users.reviews": "customer due diligence, the same ten years",
    "users.verifications": "the same",
    "verification.checks": "the same",
    "standing.evidence": "the same",
    "standing.history": "the same",
    "standing.activity": "the same",
    "standing.restrictions": "what was taken, and why: the same",
    "standing.requests": "the same",
    "standing.objections": "the same",
    "identity.confirmations": "that acts with money were theirs",
    "identity.passkeys": "the public key proves those signatures; it signs nobody in",
    "identity.one_time_codes": "for two days",
    "behaviour.acts": "Anti-Telecom-Fraud Law, Art. 18: as the rule behaviour.retention says",
    "messages.deliveries": "that something was sent, masked: TAEL_MESSAGE_LOG_DAYS",
}
"""Where a user who was verified is named until nothing has to be kept, and why."""
AFTER_ERASURE: Mapping[str, str] = {
    "users.users": "that there was somebody: no name, no number, no index",
    "users.data_requests": "that they asked to be forgotten, and when",
    "identity.logins": "an empty row to which others point",
    "standing.standings": "that it is closed",
    "foundation.calls": "keys never have a second effect; nothing of what was said",
    "foundation.audit": "the trail is never changed: an id and a network address",
    "foundation.rate_buckets": "a count",
    "ledger.accounts": "the books",
    "wallets.wallets": "the books",
    "wallets.counters": "sums by day",
    "wallets.transfers": "the books, also those of whom they paid",
    "wallets.bills": "the same",
    "funding.bank_cards": "first six and last four digits, to read a withdrawal by",
    "funding.top_ups": "the books",
    "funding.top_up_debts": "the books",
    "funding.withdrawals": "the books",
    "funding.withdrawal_quotes": "what was agreed on a withdrawal",
    "payouts.payouts": "the books; whom it went to is not there any more",
    "routing.decisions": "why a channel was chosen",
    "vault.tokens": "that there was a card; what was sealed is gone",
    "vault.audit": "the vault's own trail",
}
"""Where the id of somebody stands who is forgotten: an id alone, and why."""
OF_WHOM_THEY_PAID = (
    "messages.people.phone_sealed",
    "users.people.name_sealed",
    "users.people.number_sealed",
    "users.users.phone_sealed",
)


class Known(msgspec.Struct, frozen=True):
    """Somebody of whom we hold everything, and the log of how that came about."""

    scene: WholeScene
    who: Somebody
    log: bytes


@pytest.fixture(scope="module")
async def known(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Known]:
    """The same for all of them; whoever leaves does so last."""
    folder = tmp_path_factory.mktemp("whole")
    async with fresh_database(server) as urls, whole_scene(urls, folder) as scene:
        file = folder / "everything.log"
        set_up_logging("debug", "json", file=file)
        who = await scene.known()
        for handler in logging.getLogger().handlers:
            handler.close()
        set_up_logging("error", "json")
        yield Known(scene, who, await asyncio.to_thread(file.read_bytes))


async def test_s5_nothing_that_tells_who_somebody_is_lies_in_clear_in_tables_files_or_logs(
    known: Known,
) -> None:
    scene, who = known.scene, known.who
    dump = await dump_of(scene.urls)
    assert len(rows_about(dump, who.user_id)) > 20, "it is known everywhere"
    places = dump | files_in(scene.funding.settings.home) | {"log": known.log}
    assert where(PLANTED, places) == []


async def test_s5_the_copy_holds_all_that_somebody_gave_and_all_that_was_recorded(known: Known) -> None:
    scene, who = known.scene, known.who
    copy = await scene.copy_of(who)
    written = str(copy)
    assert [what for what in GIVEN if PLANTED[what].decode() not in written] == []
    assert {name for name, part in copy.items() if not part} <= {"reviews"}, "every part has something in it"
    assert {each["purpose"] for each in copy["consents"]} == {"biometrics"}
    assert {each["source"] for each in copy["checks"]} == {
        "identity_database",
        "mobile_operator",
        "document_face",
        "bank_card",
    }
    assert copy["messages"]["addresses"] == {"sms": PHONE, "email": MAIL}
    assert [each["device"] for each in copy["messages"]["browsers"]] == [BROWSER]
    assert copy["standing"]["standing"]["account_class"] == "II"
    assert [each["words"] for each in copy["standing"]["requests"]] == [WORDS]
    assert {each["kind"] for each in copy["behaviour"]["acts"]} >= {"change", "top_up", "withdrawal"}
    assert copy["confirmed"][0]["words"]["amount"] == "500.00"


async def test_s5_after_the_keys_were_changed_nothing_of_anybody_lies_under_the_old_ones(
    known: Known,
) -> None:
    scene = known.scene
    before, old = await scene.opened(), scene.indexes()
    scene.funding.house.sealer.add_key()
    scene.users.people.personal.add_index_key()
    assert (await scene.users.people.resealing.run()).broken == []
    assert await scene.users.people.resealing.left() == 0
    assert await scene.opened() == before, "all of it opens"
    dump = await dump_of(scene.urls)
    assert where(old, {place: dump[place] for place in ("users.users", "users.people")}) == []
    assert await scene.under_key(1) == {}


async def test_s5_whoever_leaves_is_restricted_and_then_gone_but_for_what_has_a_reason(
    known: Known,
) -> None:
    scene, who = known.scene, known.who
    login_id = (await scene.users.users.find([who.user_id]))[who.user_id].login_id
    await scene.leave(who)
    left = rows_about(await dump_of(scene.urls), who.user_id, login_id)
    assert sorted(left.keys() - AFTER_LEAVING.keys() - AFTER_ERASURE.keys()) == []
    scene.users.clock.move(days=3660)
    await scene.forget()
    dump = await dump_of(scene.urls)
    left = rows_about(dump, who.user_id, login_id)
    assert sorted(left.keys() - AFTER_ERASURE.keys()) == []
    sealed = await scene.opened()
    assert sealed.pop("payouts.payouts.payee_sealed") == [b"{}"]
    assert {place: len(values) for place, values in sealed.items()} == dict.fromkeys(OF_WHOM_THEY_PAID, 1)
    left_over = [value for values in sealed.values() for value in values]
    assert not any(each in value for each in PLANTED.values() for value in left_over)
    assert where(scene.indexes(), dump) == []
    assert where({"masked telephone": b"138****0093", "masked name": "欧**入".encode()}, dump) == []
