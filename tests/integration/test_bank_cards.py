"""Is a bound card really its user's own, and does nobody here ever see its number?"""

from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.funding.api import BindCard, SendCode
from tael.funding.errors import NoSuchBankCard, PersonNotVerified
from tael.funding.usecases.cards import PURPOSE, code_subject, look_into
from tael.testing.databases import fresh_database
from tael.users.api import OpenKind, OpenThing
from tael.users.events import UserClosed
from tests.integration.funding_scene import (
    CARD,
    OF_ANOTHER,
    OTHER,
    SLOW,
    FundingScene,
    funding_scene,
    read,
)


@pytest.fixture(scope="module")
async def scene(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FundingScene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("funding")) as opened,
    ):
        yield opened


async def test_a_card_is_bound_when_its_bank_says_it_is_the_users_own(scene: FundingScene) -> None:
    ann = await scene.somebody()
    answer = await scene.bind(ann)
    card = read(answer)
    assert (answer.status, card["state"], card["shown"], card["issuer"]) == (
        201,
        "bound",
        "622202******0018",
        "ICBC",
    )
    assert card["is_default"]
    again = await scene.bind(ann)
    assert (again.status, read(again)["code"]) == (409, "funding.card_bound_already")
    dumped = await scene.rows(b"select b::text from funding.bank_cards b")
    assert CARD not in str(dumped)
    told = await scene.rows(b"select convert_from(payload, 'UTF8') from foundation.outbox")
    assert "funding.bank_card_bound" in str(told)
    assert CARD not in str(told)


async def test_a_card_of_somebody_else_is_refused_and_forgotten_by_the_vault(scene: FundingScene) -> None:
    ann = await scene.somebody()
    refused = read(await scene.bind(ann, OF_ANOTHER))
    assert (refused["state"], refused["reason"]) == ("refused", "card_of_another")
    assert await scene.house.funding.cards_of(ann.user_id) == []
    cards = (await scene.vault.vault.state()).cards
    await scene.house.funding.forget_unbound()
    assert (await scene.vault.vault.state()).cards == cards - 1
    left = await scene.rows(
        b"select count(*) from funding.bank_cards where ended_at is not null and forgotten_at is null"
    )
    assert left == [(0,)]


async def test_a_card_typed_in_by_another_user_is_not_found(scene: FundingScene) -> None:
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    wish = BindCard(
        card_id="bcd_1",
        check_id="chk_1",
        user_id=bob.user_id,
        token=await scene.token(ann),
        phone="",
        code="",
        circumstances=scene.here(),
    )
    with pytest.raises(NoSuchBankCard):
        await scene.house.funding.bind(scene.call(bob, wish))


async def test_a_bank_that_does_not_answer_leaves_the_card_open_until_it_does(scene: FundingScene) -> None:
    """The provider says nothing three times, then the truth: nobody guesses in between."""
    tim = await scene.somebody("吴超时")
    answer = await scene.bind(tim)
    assert (answer.status, read(answer)["state"]) == (202, "checking")
    for _ in range(6):
        scene.clock.move(minutes=30)
        await scene.house.people.verification.ask_due()
        await scene.time_passes()
    [card] = await scene.house.funding.cards_of(tim.user_id)
    assert (card.state, card.is_default) == ("bound", True)


async def test_the_default_card_can_be_chosen_and_a_removed_one_is_replaced(scene: FundingScene) -> None:
    ann = await scene.somebody()
    first, second = await scene.card(ann), await scene.card(ann, OTHER)
    assert read(await scene.on_card(ann, "make_default", second))["is_default"]
    assert [card.id for card in await scene.house.funding.cards_of(ann.user_id)] == [second, first]
    assert read(await scene.on_card(ann, "unbind", second))["state"] == "unbound"
    [left] = await scene.house.funding.cards_of(ann.user_id)
    assert (left.id, left.is_default) == (first, True)
    rebound = read(await scene.bind(ann, OTHER))
    assert rebound["state"] == "bound", "a card that was removed can be bound again"


async def test_a_card_to_which_money_is_on_its_way_is_not_removed(scene: FundingScene) -> None:
    ann = await scene.somebody()
    card = await scene.card(ann, SLOW)
    await scene.funded(ann, 50_000)
    made = await scene.withdraw(ann, 10_000)
    refused = await scene.on_card(ann, "unbind", card)
    assert (refused.status, read(refused)["code"]) == (409, "funding.card_in_use")
    await scene.control("unionpay").act_on_payout("payout_succeed", made["payout_id"])
    await scene.time_passes(seconds=1000)
    assert (await scene.on_card(ann, "unbind", card)).status == 200


async def test_whoever_is_not_verified_binds_no_card_and_tops_up_nothing(scene: FundingScene) -> None:
    eve = await scene.somebody(verified=False)
    with pytest.raises(PersonNotVerified):
        await scene.bind(eve)
    refused = await scene.top_up(eve, 10_000)
    assert refused["code"] == "standing.verification_needed", refused


async def test_a_card_with_another_telephone_needs_a_code_that_was_sent_there(scene: FundingScene) -> None:
    ann, other = await scene.somebody(), "+8613912345678"
    refused = read(await scene.bind(ann, OTHER, phone=other))
    assert refused["code"] == "funding.code_needed"
    wish = SendCode(user_id=ann.user_id, token=await scene.token(ann, OTHER), phone=other)
    sent = await scene.house.funding.send_code(scene.call(ann, wish))
    assert (sent.status, read(sent)["phone"]) == (200, "139****5678")
    wrong = read(await scene.bind(ann, OTHER, phone=other, code="000000"))
    assert wrong["code"] == "identity.code_refused"
    scene.clock.move(minutes=2)
    people, ground = scene.house.people, scene.house.funding._ground
    card = await look_into(ground, await scene.token(ann, OTHER), user_id=ann.user_id)
    about = code_subject(ground, card, other)
    async with scene.house.database.transaction() as tx:
        code = await people.identity.make_code(tx, about=about, purpose=PURPOSE)
    bound = read(await scene.bind(ann, OTHER, phone=other, code=code))
    assert (bound["state"], bound["phone"]) == ("bound", "139****5678")


async def test_who_tries_one_card_after_the_other_is_stopped_for_the_day(scene: FundingScene) -> None:
    eve = await scene.somebody()
    for _ in range(5):
        assert read(await scene.bind(eve, OF_ANOTHER))["state"] == "refused"
    assert read(await scene.bind(eve, CARD))["code"] == "funding.too_many_cards"
    scene.clock.move(hours=25)
    assert read(await scene.bind(eve, CARD))["state"] == "bound"


async def test_who_closes_their_account_leaves_no_card_behind(scene: FundingScene) -> None:
    ann = await scene.somebody()
    card = await scene.card(ann)
    begun = await scene.top_up(ann, 10_000)
    waits = OpenThing(OpenKind.TOP_UP, begun["id"])
    assert await scene.house.funding.still_open(ann.user_id) == [waits], "that must end first"
    copied = await scene.house.funding.all_of(ann.user_id)
    assert card in str(copied)
    assert CARD not in str(copied)
    async with scene.house.database.transaction() as tx:
        gone = UserClosed(object_id=ann.user_id, happened_at=scene.clock.now())
        await scene.house.funding.hear_closed(tx, [gone])
    assert await scene.house.funding.cards_of(ann.user_id) == []
    known = (await scene.vault.vault.state()).cards
    await scene.house.funding.forget_unbound()
    assert (await scene.vault.vault.state()).cards < known
