"""S10: does whoever approves show a second factor first, at the console and over the API?"""

import pytest

from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import FROM_US, code_shown, key_shown, secret_in
from tests.e2e.staff_desk import asked, hired

_TRAIL = Query(
    "trail",
    b"select action, result from foundation.audit where actor = %(actor)s and action like %(actions)s order by seq",
)
APPROVAL = f"/v1/offer_proposals/{new_id('prop')}/decision"
YES = {"approve": True, "note": ""}


async def trail(shop: Platform, actor: str) -> list[tuple[str, str]]:
    async with shop.house.database.transaction() as tx:
        return [tuple(each) for each in await tx.tuples(_TRAIL, actor=actor, actions="identity.%")]


async def approves(shop: Platform, key: str) -> int:
    """What somebody is answered who approves something that there is not, with a key alone."""
    status, _ = await asked(shop, key, "POST", APPROVAL, YES)
    return status


async def test_s10_whoever_may_approve_only_looks_until_they_have_shown_a_code(shop: Platform) -> None:
    made = await hired(shop, "Codeless", Role.COMPLIANCE)
    seat, to = await key_shown(shop, made)
    assert to == "/console/code"
    assert (await seat.look("/partners")).status == 200
    refused = await seat.look("/partners-opening")
    assert refused.status == 403, "neither to approve nor to change anything"
    secret = secret_in((await seat.look("/code")).text)
    assert secret_in((await seat.look("/code")).text) == secret, "the same until it is confirmed"
    wrong = await seat.send("/code", {"code": "000000", "next": ""})
    assert (wrong.status, "not right" in wrong.text) == (403, True)
    proven = await code_shown(seat, secret)
    assert (await proven.look("/partners-opening")).status == 200
    assert await trail(shop, made.member.actor) == [
        ("identity.show_code", "identity.code_refused"),
        ("identity.show_code", "done"),
    ]


async def test_s10_an_authenticator_is_set_up_once_and_a_code_works_once(shop: Platform) -> None:
    made = await hired(shop, "Oncely", Role.RISK)
    first, _ = await key_shown(shop, made)
    secret = secret_in((await first.look("/code")).text)
    await code_shown(first, secret)
    second, to = await key_shown(shop, made)
    assert to == "/console/code"
    page = await second.look("/code")
    assert (page.status, 'class="qr"' in page.text) == (200, False)
    assert secret not in page.text.replace(" ", "")
    with pytest.raises(AssertionError, match="not right, or it was used"):
        await code_shown(second, secret)
    cross_site = await second.send("/code", {"code": "000000", "next": ""}, {"Sec-Fetch-Site": "cross-site"})
    assert (cross_site.status, cross_site.location) == (303, "/console/sign-in")
    await shop.house.people.identity.forget_authenticator(made.member.actor, actor="operator:test")
    anew = secret_in((await second.look("/code")).text)
    assert anew != secret
    await code_shown(second, anew)


async def test_s10_the_key_of_somebody_with_an_authenticator_approves_nothing_by_itself(
    shop: Platform,
) -> None:
    made = await hired(shop, "Programmed", Role.FINANCE)
    assert await approves(shop, made.key.secret) == 400, "it may: only what it says is not whole"
    seat, _ = await key_shown(shop, made)
    await code_shown(seat, secret_in((await seat.look("/code")).text))
    status, problem = await asked(shop, made.key.secret, "POST", APPROVAL, YES)
    assert (status, "authenticator" in problem["detail"]) == (403, True)
    assert (await asked(shop, made.key.secret, "GET", "/v1/partners"))[0] == 200


async def test_whoever_approves_nothing_needs_no_code(shop: Platform) -> None:
    made = await hired(shop, "Plainly", Role.OPERATIONS)
    seat, to = await key_shown(shop, made)
    assert not to.startswith("/console/code")
    assert (await seat.look("/partners-opening")).status == 200
    nobody = {**FROM_US, "Cookie": ""}
    async with shop.session.get(
        f"{shop.internal_url}/console/code", headers=nobody, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == "/console/sign-in"
