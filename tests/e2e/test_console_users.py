"""Are users found, looked at, restricted and let go again at the console, each by those who may, and masked but for a reason?"""

import re

import pytest

from tael.foundation.proposals import ProposalState
from tael.staff.model import Role
from tael.testing.platform import Platform
from tael.users.model import ReviewFilter
from tests.e2e.console_desk import FROM_US, seat_of
from tests.e2e.person_desk import Person, a_user
from tests.integration.users_scene import id_number

WORKER, CHECKER, LAW, AUDITOR = Role.OPERATIONS, Role.RISK, Role.COMPLIANCE, Role.AUDITOR


async def known(shop: Platform, phone: str, sequence: int, name: str = "欧阳小明") -> Person:
    """A user of class II, who has said who they are."""
    person = await a_user(shop, phone)
    await person.say_who(name, id_number(sequence=sequence))
    await person.confirmed_by(3)
    return person


async def test_a_user_is_found_by_number_document_name_and_id_and_stays_masked(shop: Platform) -> None:
    number = id_number(sequence=31)
    person = await known(shop, "+8613812340031", 31, "司马独一")
    ann = await seat_of(shop, "Ann", WORKER)
    listed = await ann.look("/users?account_class=II")
    assert f"/console/users/{person.id}" in listed.text
    for typed, kind in (
        ("138 1234 0031", "phone"),
        (person.id, "phone"),
        (number, "resident_identity_card"),
        ("司马 独一", "name"),
    ):
        found = await ann.fill("/users", "/users/search", who=typed, kind=kind)
        assert (found.status, found.location) == (303, f"/console/users/{person.id}"), found.text[:1500]
    nobody = await ann.fill("/users", "/users/search", who="13912340031", kind="phone")
    assert "Nobody has, or had" in nobody.text
    wrong = await ann.fill("/users", "/users/search", who="12", kind="phone")
    assert wrong.status == 400
    page = await ann.look(f"/users/{person.id}")
    assert "138****0031" in page.text
    assert "class II" in page.text
    for secret in (number, "13812340031", "司马独一"):
        assert secret not in page.text


async def test_only_compliance_reads_one_field_in_clear_and_it_stands_in_the_list(shop: Platform) -> None:
    person = await known(shop, "+8613812340032", 32)
    ann, lu = await seat_of(shop, "Anna", WORKER), await seat_of(shop, "Lu", LAW)
    page = f"/users/{person.id}/unmask"
    assert (await ann.look(page)).status == 403
    assert (await lu.fill(page, "/unmask", **{"fields[]": "phone"})).status == 400
    shown = await lu.fill(page, "/unmask", **{"fields[]": "phone", "reason": "case 4711"})
    assert "+8613812340032" in shown.text
    assert "欧阳小明" not in shown.text
    for seat in (ann, lu):
        kept = await seat.look(f"/unmaskings?user={person.id}")
        assert "case 4711" in kept.text
        assert "Lu" in kept.text
        assert "+8613812340032" not in kept.text


async def test_a_restriction_by_law_holds_at_once_and_is_lifted_by_two(shop: Platform) -> None:
    person = await known(shop, "+8613812340033", 33)
    lu, rui = await seat_of(shop, "Lucy", LAW), await seat_of(shop, "Rui", CHECKER)
    page = f"/users/{person.id}/restrict"
    refused = await lu.fill(page, "/restrict", kind="by_law", note="frozen")
    assert refused.status == 400
    assert "has a number" in refused.text
    address, hidden = (await lu.look(page)).form("/restrict")
    typed, chinese = hidden | {"kind": "by_law", "note": "x"}, {**FROM_US, "Accept-Language": "zh-CN"}
    refused = await lu.send(address.removeprefix("/console"), typed, chinese)
    assert "司法冻结须填写文书编号。" in refused.text
    set_ = await lu.fill(
        page,
        "/restrict",
        kind="by_law",
        authority="Court of Hangzhou",
        order_number="2026-117",
        amount="500.00",
        provisional="true",
    )
    assert set_.status == 303, set_.text[:1500]
    [kept] = (await person.get("/v1/me/restrictions?in_force=true"))["items"]
    assert (kept["amount_minor"], kept["order_number"]) == (50_000, "2026-117")
    one = f"/restrictions/{kept['id']}"
    assert "2026-117" in (await rui.look("/restrictions?now=to_review")).text
    assert not (await lu.look(one)).has_form("/review")
    assert (await rui.fill(one, "/review")).status == 303
    assert not (await rui.look(one)).has_form("/review")
    assert (await lu.fill(one, "/proposals", note="the court has let it go")).status == 303
    assert (await lu.look(one)).text.count("proposed to lift") == 1
    reads = shop.house.people.standing.reads
    [proposal] = [
        each
        for each in await reads.proposals(state=ProposalState.OPEN, before=None, limit=50)
        if each.subject == kept["id"]
    ]
    place = f"/proposals/users/{proposal.id}"
    assert "Lift a restriction" in (await rui.look("/proposals/users")).text
    asked = await rui.look(place)
    assert "CNY" in asked.text
    assert {"By law", "order of an authority"} <= {each.strip() for each in re.split(r"[<>]", asked.text)}
    in_chinese = (await rui.look(place, **{"Accept-Language": "zh-CN"})).text
    assert not {name for name in ("by_law", "order_of_authority") if f">{name}<" in in_chinese}
    own = await lu.look(place)
    assert not own.has_form("/decision")
    assert own.has_form("/withdrawal")
    assert (await lu.fill(place, "/withdrawal")).status == 303
    assert not (await rui.look(place)).has_form("/decision")
    assert (await lu.fill(one, "/proposals", note="now it has")).status == 303
    [proposal] = [
        each
        for each in await reads.proposals(state=ProposalState.OPEN, before=None, limit=50)
        if each.subject == kept["id"]
    ]
    place = f"/proposals/users/{proposal.id}"
    assert (await rui.fill(place, "/decision", approve="true")).status == 303
    assert (await person.get("/v1/me/restrictions?in_force=true"))["items"] == []


async def test_a_report_is_passed_on_and_what_would_raise_a_limit_is_let_in_by_another(
    shop: Platform,
) -> None:
    person = await known(shop, "+8613812340097", 97)
    ann, rui = await seat_of(shop, "Anneke", WORKER), await seat_of(shop, "Ruben", CHECKER)
    auditor = await seat_of(shop, "Auda", AUDITOR)
    page = f"/users/{person.id}/report"
    assert f"/console{page}" in (await ann.look(f"/users/{person.id}")).text
    assert (await auditor.look(page)).status == 403
    said = {"source": "Baihang Credit", "reference": "2026-118", "reason": "score 780"}
    assert (await ann.fill(page, "/report", **said)).status == 400
    assert (await ann.fill(page, "/report", kind="good_credit", **said)).status == 303
    assert (await person.get("/v1/me/standing"))["personal_limits"]["transfer_day_minor"] == 1_000_000
    assert "waits for a second person" in (await rui.look(f"/users/{person.id}")).text
    reads = shop.house.people.standing.reads
    [proposal] = [
        each
        for each in await reads.proposals(state=ProposalState.OPEN, before=None, limit=50)
        if each.subject == person.id
    ]
    place = f"/proposals/users/{proposal.id}"
    assert not (await ann.look(place)).has_form("/decision")
    asked = (await rui.look(place)).text
    assert {"good credit", "Baihang Credit 2026-118"} <= {each.strip() for each in re.split(r"[<>]", asked)}
    in_chinese = (await rui.look(place, **{"Accept-Language": "zh-CN"})).text
    assert "信用良好" in in_chinese
    assert "提高限额" in in_chinese
    assert (await rui.fill(place, "/decision", approve="true")).status == 303
    assert (await person.get("/v1/me/standing"))["personal_limits"]["transfer_day_minor"] == 5_000_000


async def test_a_review_names_the_document_in_words_and_says_who_was_faster(shop: Platform) -> None:
    number = id_number(sequence=62)
    await known(shop, "+8613812340062", 62)
    second = await a_user(shop, "+8613812340063")
    await second.say_who("欧阳小明", number)
    [review] = await shop.house.people.users.reads.reviews(ReviewFilter(user_id=second.id))
    rui, one = await seat_of(shop, "Rhea", CHECKER), f"/reviews/{review.id}"
    for page in (await rui.look(one), await rui.look(f"/reviews?user={second.id}")):
        assert "Resident identity card" in page.text
        assert "resident_identity_card" not in page.text
    address, hidden = (await rui.look(one)).form("/decision")
    assert (await rui.fill(one, "/decision", note="twice the same", approve="false")).status == 303
    typed = {"note": "go on", "approve": "true"}
    late = await rui.send(address.removeprefix("/console"), hidden | typed)
    assert late.status == 409
    assert "This review has ended." in late.text


async def test_what_a_user_must_not_hear_is_seen_by_those_alone_who_decide(shop: Platform) -> None:
    person = await known(shop, "+8613812340034", 34)
    rui, ann = await seat_of(shop, "Ruth", CHECKER), await seat_of(shop, "Anne", WORKER)
    page = f"/users/{person.id}/restrict"
    sent = await rui.fill(page, "/restrict", kind="by_risk", hidden="true", note="suspected mule of ring 9")
    assert sent.status == 303, sent.text[:1500]
    for path in (f"/users/{person.id}/standing", f"/restrictions?user={person.id}&now=in_force"):
        assert "By risk" in (await rui.look(path)).text
        assert ">By risk</a>" not in (await ann.look(path)).text
    [kept] = (await person.get("/v1/me/restrictions?in_force=true"))["items"]
    assert kept["kind"] == "review"
    one = f"/restrictions/{kept['id']}"
    assert "ring 9" in (await rui.look(one)).text
    assert "ring 9" not in (await ann.look(one)).text


async def test_a_review_is_decided_with_a_reason_by_those_who_may(shop: Platform) -> None:
    person = await a_user(shop, "+8613812340035")
    await person.say_who("JANE DOE", "X1234567", kind="passport", issued_by="CAN", valid_until="2036-01-01")
    ann, rui = await seat_of(shop, "Andrea", WORKER), await seat_of(shop, "Rudi", CHECKER)
    queue = await rui.look("/reviews?reason=foreign_document&state=open")
    assert person.id in queue.text
    assert person.id in (await rui.look("/users?in_review=yes")).text
    [review] = (await person.get("/v1/me/reviews"))["items"]
    one = f"/reviews/{review['id']}"
    assert (await ann.fill(one, "/look", note="the picture is clear")).status == 303
    assert not (await ann.look(one)).has_form("/look")
    assert (await rui.fill(one, "/decision", approve="true")).status == 400
    assert (await rui.fill(one, "/decision", approve="true", note="compared")).status == 303
    assert (await person.get(f"/v1/me/reviews/{review['id']}"))["state"] == "approved"


async def test_a_click_on_an_empty_form_takes_nothing_from_anybody(shop: Platform) -> None:
    person = await known(shop, "+8613812340065", 65)
    rui = await seat_of(shop, "Ria", CHECKER)
    page = f"/users/{person.id}/restrict"
    shown = (await rui.look(page)).text
    kind = shown[shown.index('<select id="f-kind"') :]
    assert kind.index('<option value="">please choose') < kind.index("</select>")
    assert "selected" not in kind[: kind.index("</select>")]
    for typed in ({"kind": ""}, {"kind": "by_risk"}, {"kind": "by_risk", "note": " "}):
        refused = await rui.fill(page, "/restrict", **typed)
        assert refused.status == 400, typed
    assert (await person.get("/v1/me/restrictions"))["items"] == []


async def test_a_request_and_an_objection_are_answered_and_what_is_late_says_so(shop: Platform) -> None:
    person = await known(shop, "+8613812340036", 36)
    rui, bo = await seat_of(shop, "Rufus", CHECKER), await seat_of(shop, "Bo", LAW)
    wish = {"limit": "transfer_day_minor", "wanted": 2_000_000, "words": "I buy a car"}
    asked = await person.post("/v1/me/permission_requests", wish)
    assert "I buy a car" in (await rui.look(f"/permission-requests/{asked['id']}")).text
    one = f"/permission-requests/{asked['id']}"
    assert (await rui.fill(one, "/decision", approve="false", answer="not yet")).status == 303
    assert (await person.get("/v1/me/permission_requests"))["items"][0]["answer"] == "not yet"

    await rui.fill(f"/users/{person.id}/restrict", "/restrict", kind="review", note="x")
    [kept] = (await person.get("/v1/me/restrictions?in_force=true"))["items"]
    made = await person.post("/v1/me/objections", {"restriction_id": kept["id"], "words": "it was me"})
    one = f"/objections/{made['id']}"
    own = await rui.fill(one, "/answer", approve="true", answer="sorry")
    assert own.status == 403
    assert (await bo.fill(one, "/answer", approve="true", answer="sorry")).status == 303
    assert (await person.get("/v1/me/restrictions?in_force=true"))["items"] == []


@pytest.mark.parametrize(
    ("ending", "told", "sequence"),
    [("/sessions/end", "sessions_ended", 37), ("/devices/revoke", "device_revoked", 38)],
)
async def test_a_stranger_is_shut_out_of_an_account_at_the_console(
    shop: Platform, ending: str, told: str, sequence: int
) -> None:
    person = await known(shop, f"+86138123400{sequence}", sequence)
    ann, fin = (
        await seat_of(shop, f"Ann{sequence}", WORKER),
        await seat_of(shop, f"Fin{sequence}", Role.FINANCE),
    )
    page = f"/users/{person.id}/access"
    address, hidden = (await ann.look(page)).form(ending)
    assert not (await fin.look(page)).has_form(ending)
    assert (await fin.send(address.removeprefix("/console"), hidden)).status == 403
    assert (await ann.fill(page, ending)).status == 303
    assert not (await ann.look(page)).has_form("/sessions/end")
    headers = {"Authorization": f"Bearer {person.token}"}
    async with shop.session.get(f"{shop.public_url}/v1/me/standing", headers=headers) as answer:
        assert answer.status == 401
    kept = await shop.house.people.messages.list_kept(person.id)
    assert told in [each.template for each in kept]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_each_page_about_people_is_there_in_both_languages(shop: Platform, language: str) -> None:
    person = await known(shop, f"+861381234004{len(language)}", 40 + len(language))
    lu = await seat_of(shop, f"Lu{language}", LAW)
    lists = (
        "users reviews permission-requests objections restrictions warnings checks unmaskings top-ups withdrawals"
        " messages campaigns"
    ).split()
    tabs = ["", "/standing", "/access", "/behaviour", "/money", "/messages", "/unmask", "/restrict"]
    for path in (
        *(f"/{each}" for each in lists),
        *(f"/{each}.csv" for each in lists),
        *(f"/users/{person.id}{tab}" for tab in tabs),
        "/sources",
        "/message-templates",
        "/message-templates/welcome",
        "/education",
        "/proposals/users",
        "/proposals/messages",
    ):
        seen = await lu.look(path, **{"Accept-Language": language})
        assert seen.status == 200, (path, seen.text[:1500])
    for nobody in ("users/usr_x", "users/%00", "reviews/rvw_0", "restrictions/x", "checks/x", "messages/x"):
        assert (await lu.look(f"/{nobody}")).status in (400, 404), nobody
    assert (await lu.look("/users?cursor=%00")).status == 200


async def test_a_choice_that_there_is_not_lists_nobody_and_says_so(shop: Platform) -> None:
    person = await known(shop, "+8613812340049", 49)
    ann = await seat_of(shop, "Annika", WORKER)
    assert person.id in (await ann.look("/users?account_class=II")).text
    for asked in ("account_class=ZZ", "standing=x", "account_class=%00", "in_review=no"):
        seen = await ann.look(f"/users?{asked}")
        assert seen.status == 400
        assert "There is no such choice" in seen.text
        assert "/console/users/usr_" not in seen.text
        assert (await ann.look(f"/users.csv?{asked}")).status == 400


async def test_what_is_typed_too_long_or_not_at_all_is_refused_in_the_readers_language(
    shop: Platform,
) -> None:
    person = await known(shop, "+8613812340050", 50)
    lu = await seat_of(shop, "Lulu", LAW)
    page = f"/users/{person.id}/unmask"
    address, hidden = (await lu.look(page)).form("/unmask")
    for fields, said, so in (
        ({"fields[]": "phone", "reason": "x" * 501}, "个字符。", "characters."),
        ({"reason": "case 4712"}, "请填写或选择此项。", "Please fill this in, or choose."),
    ):
        for language, words in (("zh-CN", said), ("en", so)):
            shown = await lu.send(
                address.removeprefix("/console"), hidden | fields, {**FROM_US, "Accept-Language": language}
            )
            assert shown.status == 400
            assert words in shown.text
            assert "is missing" not in shown.text


async def test_whoever_works_elsewhere_finds_no_user_and_an_auditor_changes_nothing(shop: Platform) -> None:
    person = await known(shop, "+8613812340048", 48)
    dev, eve = await seat_of(shop, "Dev", Role.DEVELOPER), await seat_of(shop, "Eve", AUDITOR)
    for path in ("/users", f"/users/{person.id}", "/top-ups", "/messages", "/users.csv"):
        assert (await dev.look(path)).status == 403, path
        assert (await eve.look(path)).status == 200, path
    for path in (f"/users/{person.id}/restrict", f"/users/{person.id}/unmask", "/campaigns-new"):
        assert (await eve.look(path)).status == 403, path
