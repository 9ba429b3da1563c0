"""Do staff see at the console what came into and went out of wallets, what people were told, and do two of them start a campaign?"""

from typing import Any

import pytest
from playwright.async_api import Browser

from tael.foundation.proposals import ProposalState
from tael.messages.model import Post
from tael.staff.model import Role
from tael.testing.patience import once
from tael.testing.platform import Platform
from tests.e2e.browsing import reading, shut_out
from tests.e2e.console_desk import Seat, seat_of
from tests.e2e.person_desk import Person, a_user
from tests.e2e.staff_desk import asked, key_of
from tests.integration.users_scene import id_number

WORKER, CHECKER, LAW = Role.OPERATIONS, Role.FINANCE, Role.COMPLIANCE


async def topped_up(shop: Platform, phone: str, sequence: int) -> tuple[Person, Any]:
    """A user with 500 yuan in their wallet, and the top-up."""
    person = await a_user(shop, phone)
    await person.say_who("欧阳小明", id_number(sequence=sequence))
    await person.confirmed_by(3)
    begun = await person.post("/v1/me/top_ups", {"amount_minor": 50_000, "method": "alipay"})
    await shop.simulator.control.pay(begun["action"]["code_url"])
    ended = await once(
        lambda: person.get(f"/v1/me/top_ups/{begun['id']}"), lambda seen: seen["state"] == "credited"
    )
    return person, ended


async def test_a_top_up_is_found_in_the_list_on_its_page_in_a_file_and_in_the_bills(shop: Platform) -> None:
    person, made = await topped_up(shop, "+8613812340081", 81)
    await person.post("/v1/me/top_ups", {"amount_minor": 1_234, "method": "alipay"})
    fin = await seat_of(shop, "Fin", CHECKER)
    listed = await fin.look(f"/top-ups?state=credited&user={person.id}")
    assert made["id"] in listed.text
    assert "12.34" not in listed.text
    one = await fin.look(f"/top-ups/{person.id}/{made['id']}")
    assert "500.00" in one.text
    assert made["payment_id"] in one.text
    file = (await fin.look(f"/top-ups.csv?user={person.id}")).text
    assert f"{made['id']},{person.id},500.00 CNY" in file
    money = await fin.look(f"/users/{person.id}/money")
    assert money.text.count(made["id"]) >= 2
    assert (await fin.look(f"/top-ups/{person.id}/top_{'0' * 26}")).status == 404
    assert "No withdrawal is found" in (await fin.look("/withdrawals?state=failed")).text


async def test_the_api_says_of_a_users_money_and_access_what_the_pages_say(shop: Platform) -> None:
    person, made = await topped_up(shop, "+8613812340082", 82)
    fin, dev = await key_of(shop, "Fine", CHECKER), await key_of(shop, "Deva", Role.DEVELOPER)
    paths = ("wallet", "limits", "bills", "access", "quizzes", "standing")
    for path in paths:
        assert (await asked(shop, dev, "GET", f"/v1/users/{person.id}/{path}"))[0] == 403, path
    status, wallet = await asked(shop, fin, "GET", f"/v1/users/{person.id}/wallet")
    assert (status, wallet["balances"][0]["available_minor"]) == (200, 50_000)
    [bill] = (await asked(shop, fin, "GET", f"/v1/users/{person.id}/bills"))[1]["items"]
    assert bill["reference"] == made["id"]
    assert (await asked(shop, fin, "GET", f"/v1/users/{person.id}/limits"))[1]["limits"]
    status, access = await asked(shop, fin, "GET", f"/v1/users/{person.id}/access")
    assert (status, len(access["sessions"]), access["passkeys"]) == (200, 1, 0)
    status, listed = await asked(shop, fin, "GET", "/v1/users?class=II&standing=active")
    assert person.id in [each["id"] for each in listed["items"]]
    status, refused = await asked(shop, fin, "GET", "/v1/users?class=II&state=active")
    assert (status, refused["code"]) == (400, "users.malformed")
    status, sources = await asked(shop, fin, "GET", "/v1/verification/sources")
    assert {each["trouble"] for each in sources["items"]} == {"It is not set up here."}
    assert status == 200


async def test_what_did_not_reach_somebody_is_seen_and_never_what_it_said(shop: Platform) -> None:
    person = await a_user(shop, "+8613812340083")
    messages, code = shop.house.people.messages, "314159"
    post = Post(template="code_sign_in", to=person.id, values={"code": code})
    news = Post(template="password_changed", to=person.id, values={"at": shop.house.clock.now()})
    async with shop.house.database.transaction() as tx:
        await messages.post(tx, [post, news])
    ann, lu = await seat_of(shop, "Annegret", WORKER), await seat_of(shop, "Luise", LAW)

    async def states() -> str:
        return (await ann.look(f"/messages?user={person.id}")).text

    seen = await once(states, lambda text: text.count("way_not_set_up") >= 2)
    assert "138****0083" in seen
    for id in (post.id, news.id):
        page = await ann.look(f"/messages/{id}")
        assert code not in page.text
        assert page.has_form("/again") is (id == news.id)
    assert not (await lu.look(f"/messages/{news.id}")).has_form("/again")
    assert (await ann.fill(f"/messages/{news.id}", "/again")).status == 303
    assert (await lu.send(f"/messages/{news.id}/again", {})).status == 403
    kept = await ann.look("/message-templates/password_changed")
    assert "Your password was changed" in kept.text
    assert (await ann.look("/message-templates/no_such")).status == 404


async def test_a_campaign_is_proposed_by_one_and_started_by_another(shop: Platform) -> None:
    ann, lu = await seat_of(shop, "Anneli", WORKER), await seat_of(shop, "Ludwig", LAW)
    assert (await lu.look("/campaigns-new")).status == 403
    wrong = await ann.fill("/campaigns-new", "/campaigns-new", tip="no_such_tip", note="x")
    assert wrong.status in (400, 404)
    sent = await ann.fill("/campaigns-new", "/campaigns-new", tip="no_safe_accounts", note="many cases")
    assert sent.status == 303, sent.text[:1500]
    [proposal] = await shop.house.people.messages.proposals(state=ProposalState.OPEN)
    place = f"/proposals/messages/{proposal.id}"
    assert not (await ann.look(place)).has_form("/decision")
    assert "every user is told" in (await lu.look(place)).text
    assert (await lu.fill(place, "/decision", approve="true")).status == 303
    assert "no_safe_accounts" in (await lu.look("/campaigns")).text
    assert proposal.id in (await ann.look("/campaigns.csv")).text


@pytest.mark.parametrize(("language", "width", "sequence"), [("zh-CN", 1280, 85), ("en", 390, 86)])
async def test_pages_about_people_shut_nobody_out_on_any_screen(
    shop: Platform, browser: Browser, language: str, width: int, sequence: int
) -> None:
    person, _ = await topped_up(shop, f"+86138123400{sequence}", sequence)
    lu: Seat = await seat_of(shop, f"Lu{width}", LAW)
    await lu.fill(f"/users/{person.id}/restrict", "/restrict", kind="review", note="case 12")
    pages = ("/users", f"/users/{person.id}/standing", f"/users/{person.id}/restrict", "/education")
    async with reading(browser, locale=language, viewport={"width": width, "height": 900}) as context:
        cookies = [
            {"name": name, "value": text, "url": shop.internal_url} for name, text in lu.cookies.items()
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = await context.new_page()
        for path in pages:
            await page.goto(f"{shop.internal_url}/console{path}")
            assert await shut_out(page) == [], path
            wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, path
