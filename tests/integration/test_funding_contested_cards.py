"""Do bound cards stay right when they are tried twice, by many at once, or when whoever asked the bank dies?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.funding.api import BindCard
from tael.funding.usecases.cards import PURPOSE, ask_the_bank, begin_binding, code_subject, look_into
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import (
    CARD,
    OTHER,
    SLOW,
    FundingScene,
    Somebody,
    funding_scene,
    read,
)

ELSEWHERE = "+8613912345678"


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


def wish_of(scene: FundingScene, who: Somebody, token: str, name: str, **more: str) -> BindCard:
    """To bind a card that is typed in already."""
    said = {"phone": "", "code": "", **more}
    return BindCard(
        card_id=f"bcd_{name}",
        check_id=f"chk_{name:0>26}",
        user_id=who.user_id,
        token=token,
        **said,
        circumstances=scene.here(),
    )


async def test_a_card_that_was_refused_and_then_bound_as_typed_in_stays_in_the_vault(
    scene: FundingScene,
) -> None:
    """The wallet's page tries again with what the vault has; the janitor comes for what was refused before."""
    ann = await scene.somebody()
    token = await scene.token(ann)
    first = await scene.house.funding.bind(scene.call(ann, wish_of(scene, ann, token, "a1")))
    card = str(read(first)["id"])
    assert (await scene.on_card(ann, "unbind", card)).status == 200
    again = await scene.house.funding.bind(scene.call(ann, wish_of(scene, ann, token, "a2")))
    assert read(again)["state"] == "bound", again.body
    await scene.house.funding.forget_unbound()
    await scene.funded(ann, 20_000)
    made = await scene.withdraw(ann, 10_000)
    await scene.time_passes()
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"
    assert (await scene.on_card(ann, "unbind", read(again)["id"])).status == 200
    known = (await scene.vault.vault.state()).cards
    await scene.house.funding.forget_unbound()
    assert (await scene.vault.vault.state()).cards == known - 1, "and now nobody has it"


async def test_a_card_whose_bank_nobody_lived_to_ask_does_not_wait_for_ever(scene: FundingScene) -> None:
    ann = await scene.somebody()
    token = await scene.token(ann)
    ground = scene.house.funding._ground
    wish = wish_of(scene, ann, token, "b1")
    person, known = await ground.person(ann.user_id), await look_into(ground, token, user_id=ann.user_id)
    async with scene.house.database.transaction() as tx:
        await begin_binding(tx, ground, wish, token=known, person=person)
    await scene.house.funding.end_unasked()
    [waiting] = await scene.house.funding.cards_of(ann.user_id)
    assert waiting.state == "checking", "whoever began it may still be at work"
    scene.clock.move(minutes=5)
    await scene.house.funding.end_unasked()
    assert await scene.house.funding.cards_of(ann.user_id) == []
    ended = await scene.house.funding.card(wish.card_id, user_id=ann.user_id)
    assert (ended.state, ended.reason) == ("refused", "not_asked")
    await scene.time_passes()
    [told] = await scene.house.people.messages.list_kept(ann.user_id, limit=20)
    assert (told.template, "please add it again" in told.text) == ("card_refused", True)
    assert read(await scene.bind(ann))["state"] == "bound"


async def test_a_card_whose_bank_has_been_asked_is_left_to_its_answer(scene: FundingScene) -> None:
    tim = await scene.somebody("吴超时")
    assert read(await scene.bind(tim))["state"] == "checking"
    scene.clock.move(minutes=5)
    await scene.house.funding.end_unasked()
    [card] = await scene.house.funding.cards_of(tim.user_id)
    assert card.state == "checking"


async def test_a_card_that_the_vault_forgot_meanwhile_is_refused_and_not_left_open(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    token = await scene.token(ann)
    ground = scene.house.funding._ground
    wish = wish_of(scene, ann, token, "c1")
    known = await look_into(ground, token, user_id=ann.user_id)
    person = await ground.person(ann.user_id)
    async with scene.house.database.transaction() as tx:
        card = await begin_binding(tx, ground, wish, token=known, person=person)
    await scene.vault.vault.forget(token, merchant_id=ann.user_id)
    ended = await ask_the_bank(ground, card, person=person, phone="")
    assert (ended.state, ended.reason) == ("refused", "vault.no_such_token")


async def test_one_card_bound_by_many_at_once_is_bound_once(scene: FundingScene) -> None:
    ann = await scene.somebody()
    answers = await asyncio.gather(*(scene.bind(ann, OTHER) for _ in range(64)))
    said = Counter(str(read(each).get("code") or read(each)["state"]) for each in answers)
    assert said == {"bound": 1, "funding.card_bound_already": 63}
    [card] = await scene.house.funding.cards_of(ann.user_id)
    assert card.is_default


async def test_of_cards_chosen_all_at_once_one_is_the_default(scene: FundingScene) -> None:
    ann = await scene.somebody()
    cards = [await scene.card(ann, number) for number in (CARD, OTHER, SLOW)]
    chosen = await asyncio.gather(
        *(scene.on_card(ann, "make_default", cards[place % 3]) for place in range(62)),
        scene.on_card(ann, "unbind", cards[0]),
        scene.on_card(ann, "unbind", cards[1]),
    )
    assert {each.status for each in chosen} <= {200, 409}
    [left] = await scene.house.funding.cards_of(ann.user_id)
    assert (left.id, left.is_default) == (cards[2], True)


async def test_a_card_is_removed_or_withdrawn_to_and_never_both(scene: FundingScene) -> None:
    for _ in range(8):
        ann = await scene.somebody()
        card = await scene.card(ann, SLOW)
        await scene.funded(ann, 20_000)
        quote = read(await scene.quote(ann, 10_000))["id"]
        removed, made = await asyncio.gather(
            scene.on_card(ann, "unbind", card),
            scene.house.funding.withdraw(scene.withdraw_call(ann, quote)),
        )
        assert sorted([removed.status < 300, made.status < 300]) == [False, True], (removed, made)
        assert {read(removed).get("code"), read(made).get("code")} & {
            "funding.card_in_use",
            "funding.card_not_bound",
        }


async def test_a_code_for_one_card_of_one_user_binds_no_other(scene: FundingScene) -> None:
    """Somebody who is talked into telling a code tells it for the card that the message names."""
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    ground = scene.house.funding._ground
    mine, other = await scene.token(ann), await scene.token(ann, OTHER)
    card = await look_into(ground, mine, user_id=ann.user_id)
    async with scene.house.database.transaction() as tx:
        subject = code_subject(ground, card, ELSEWHERE)
        code = await ground.identity.make_code(tx, about=subject, purpose=PURPOSE)
    said = {"phone": ELSEWHERE, "code": code}
    for who, token in ((ann, other), (bob, await scene.token(bob))):
        wish = wish_of(scene, who, token, f"d{who.user_id[-8:]}", **said)
        refused = await scene.house.funding.bind(scene.call(who, wish))
        assert read(refused)["code"] == "identity.code_refused"
    again = await scene.token(ann)
    bound = await scene.house.funding.bind(scene.call(ann, wish_of(scene, ann, again, "d3", **said)))
    assert (read(bound)["state"], read(bound)["phone"]) == ("bound", "139****5678"), "typed in once more"
