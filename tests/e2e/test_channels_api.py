"""Can those who operate channels do so over HTTP, two by two, and see no secret?"""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tael.app.listeners import operations_routes
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.simulators.registry import SIMULATORS
from tael.staff.model import Role
from tael.staff.rules import EVERY_PERMISSION
from tael.testing.platform import Platform
from tael.testing.plugins import installed_plugin
from tests.e2e.staff_desk import asked, key_of

OPEN_TO_ALL = {
    ("GET", "/assets/{digest:str}/{name:str}"),
    ("GET", "/console"),
    ("GET", "/console/code"),
    ("POST", "/console/code"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("POST", "/console/sign-out"),
    ("GET", "/docs"),
    ("GET", "/favicon.ico"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/ui"),
}
"""What anybody may call who reaches the internal listener; everything else takes a key."""


def for_real(shop: Platform) -> dict[str, Any]:
    simulated, folder = SIMULATORS["alipay"], shop.house.settings.home / "alipay"
    settings = {**simulated.settings(folder, ""), "gateway_url": "https://openapi.example.com/gateway.do"}
    return {
        "connector": "alipay",
        "settings": settings,
        "credentials": simulated.credentials(folder, ""),
        "note": "the contract of March",
    }


async def test_one_proposes_and_another_approves_what_was_read(shop: Platform) -> None:
    ann, bob = await key_of(shop, "Ann", Role.OPERATIONS), await key_of(shop, "Bob", Role.RISK)
    status, proposal = await asked(shop, ann, "POST", "/v1/channels/main/proposals", for_real(shop))
    assert (status, proposal["state"], proposal["subject"]) == (201, "open", "main")
    assert "PRIVATE" not in str(proposal)
    decision = f"/v1/channel_proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"], "note": "read"}
    assert (await asked(shop, ann, "POST", decision, yes))[0] == 403, "operations may not approve"
    status, problem = await asked(shop, bob, "POST", decision, yes | {"digest": "0" * 64})
    assert (status, problem["code"]) == (409, "proposals.differs")
    status, decided = await asked(shop, bob, "POST", decision, yes)
    assert (status, decided["configuration"]) == (200, 1)
    await shop.house.channels.refresh()
    _, channel = await asked(shop, ann, "GET", "/v1/channels/main")
    assert (channel["configuration"], channel["simulated"]) == (1, False)
    assert "PRIVATE" not in str(channel)
    _, history = await asked(shop, ann, "GET", "/v1/channels/main/configurations")
    assert [each["number"] for each in history] == [1]
    _, proposals = await asked(shop, bob, "GET", "/v1/channel_proposals?state=approved")
    assert [each["id"] for each in proposals["items"]] == [proposal["id"]]
    assert (proposals["items"][0]["end_note"], proposals["next_cursor"]) == ("read", None)


async def test_settings_change_without_the_keys_if_these_are_to_be_kept(shop: Platform) -> None:
    key = await key_of(shop, "Gil", Role.OPERATIONS)
    settings = {**shop.house.channels.configuration("alipay").settings, "notice_max_age_seconds": 7200}
    wanted = {"connector": "alipay", "settings": settings, "credentials": {}, "note": "shorter"}
    path = "/v1/channels/alipay/proposals"
    assert (await asked(shop, key, "POST", path, wanted))[0] >= 400
    status, proposal = await asked(shop, key, "POST", path, wanted | {"keep_credentials": True})
    assert status == 201
    async with shop.house.database.transaction() as tx:
        _, proposed = await shop.house.channels.look_at(tx, proposal["id"])
    assert list(proposed.credentials_changed) == []


async def test_a_refused_proposal_changes_nothing(shop: Platform) -> None:
    carl, dora = await key_of(shop, "Carl", Role.OPERATIONS), await key_of(shop, "Dora", Role.RISK)
    _, proposal = await asked(shop, carl, "POST", "/v1/channels/other/proposals", for_real(shop))
    no = {"approve": False, "digest": proposal["digest"], "note": "not our key"}
    status, decided = await asked(shop, dora, "POST", f"/v1/channel_proposals/{proposal['id']}/decision", no)
    assert (status, decided["approved"], decided["configuration"]) == (200, False, None)
    await shop.house.channels.refresh()
    assert "other" not in shop.house.channels.names()


async def test_only_whoever_proposed_takes_it_back_and_then_nobody_decides(shop: Platform) -> None:
    qi, pam = await key_of(shop, "Qi", Role.OPERATIONS), await key_of(shop, "Pam", Role.OPERATIONS)
    _, proposal = await asked(shop, qi, "POST", "/v1/channels/fourth/proposals", for_real(shop))
    path = f"/v1/channel_proposals/{proposal['id']}/withdrawal"
    status, problem = await asked(shop, pam, "POST", path, {})
    assert (status, problem["code"]) == (403, "proposals.not_yours")
    status, problem = await asked(shop, qi, "POST", path.replace("channel_", "staff_"), {})
    assert status in (403, 404), "in another area there is no such proposal"
    status, ended = await asked(shop, qi, "POST", path, {"note": "the key was wrong"})
    assert (status, ended["state"]) == (200, "withdrawn")
    status, problem = await asked(shop, qi, "POST", path, {})
    assert (status, problem["code"]) == (409, "proposals.ended")


async def test_a_channel_is_probed_by_whoever_may_change_it(shop: Platform) -> None:
    kim, lou = await key_of(shop, "Kim", Role.OPERATIONS), await key_of(shop, "Lou", Role.FINANCE)
    status, probed = await asked(shop, kim, "POST", "/v1/channels/alipay/probe")
    assert (status, probed["state"], probed["error_class"]) == (200, "succeeded", None)
    assert (await asked(shop, kim, "POST", "/v1/channels/nobody/probe"))[0] == 404
    assert (await asked(shop, lou, "POST", "/v1/channels/alipay/probe"))[0] == 403


async def test_whoever_decides_reads_what_changes_and_not_what_was_overtaken(shop: Platform) -> None:
    gus, hal = await key_of(shop, "Gus", Role.OPERATIONS), await key_of(shop, "Hal", Role.RISK)
    wanted = for_real(shop)
    _, late = await asked(shop, gus, "POST", "/v1/channels/changing/proposals", wanted)
    wanted["settings"]["notice_max_age_seconds"] = 7200
    _, early = await asked(shop, gus, "POST", "/v1/channels/changing/proposals", wanted)
    status, seen = await asked(shop, hal, "GET", f"/v1/channel_proposals/{early['id']}")
    assert (status, seen["proposal"]["digest"], seen["replaces"]) == (200, early["digest"], 0)
    assert (seen["settings_before"], seen["settings"]["notice_max_age_seconds"]) == ({}, 7200)
    assert set(seen["credentials_changed"]) == set(wanted["credentials"])
    assert (seen["addresses_before"], seen["addresses"]) == ([], ["https://openapi.example.com"])
    assert seen["credentials_known"]["alipay_public_keys"][0].startswith("SHA-256 ")
    assert (seen["simulated"], seen["overtaken"], seen["trouble"]) == (False, False, None)
    assert "PRIVATE" not in str(seen)

    path = "/v1/channel_proposals?state=open&limit=1"
    _, newest = await asked(shop, gus, "GET", path)
    _, older = await asked(shop, gus, "GET", f"{path}&cursor={newest['next_cursor']}")
    pages = [each["id"] for page in (newest, older) for each in page["items"]]
    assert {early["id"], late["id"]} == {*pages}, "page by page, each once"

    async def approve(proposal: dict[str, Any]) -> tuple[int, Any]:
        yes = {"approve": True, "digest": proposal["digest"]}
        return await asked(shop, hal, "POST", f"/v1/channel_proposals/{proposal['id']}/decision", yes)

    assert (await approve(early))[0] == 200
    status, problem = await approve(late)
    assert (status, problem["code"]) == (409, "channels.proposal_overtaken")
    _, seen = await asked(shop, hal, "GET", f"/v1/channel_proposals/{late['id']}")
    assert (seen["overtaken"], seen["credentials_changed"]) == (True, [])
    assert (await asked(shop, hal, "GET", "/v1/channel_proposals/prop_00000000000000000000000000"))[0] == 404


async def test_a_channel_says_when_its_certificates_end_and_nobody_typed_it(shop: Platform) -> None:
    key = await key_of(shop, "Ida", Role.AUDITOR)
    _, channel = await asked(shop, key, "GET", "/v1/channels/alipay")
    fields = {each["field"]: each["subject"] for each in channel["certificates"]}
    assert fields.keys() == {"alipay_public_keys", "app_certificate", "root_certificates"}
    assert "Simulated app" in fields["app_certificate"]
    ends = [each["ends_at"] for each in channel["certificates"]]
    assert ends == sorted(ends)
    async with shop.session.get(shop.internal_url + "/metrics") as answer:
        assert 'tael_channel_certificate_ends_timestamp_seconds{channel="alipay"}' in await answer.text()


async def test_a_channel_that_cannot_be_used_says_why_among_the_others(
    shop: Platform, tmp_path: Path
) -> None:
    key, house = await key_of(shop, "Jon", Role.AUDITOR), shop.house
    with contextlib.ExitStack() as packages:
        async with house.database.transaction() as tx:
            with installed_plugin(tmp_path / "good"):
                await house.channels.install(
                    tx, "broken", connector="others", settings={}, credentials={}, by="operator:test"
                )
            packages.enter_context(
                installed_plugin(tmp_path / "bad", make="raise ValueError('the key is too short')")
            )
        await house.channels.refresh()
    _, channels = await asked(shop, key, "GET", "/v1/channels")
    assert [each["name"] for each in channels] == sorted(each["name"] for each in channels)
    by_name = {each["name"]: each for each in channels}
    broken = by_name["broken"]
    assert (broken["configuration"], broken["capabilities"], broken["connector"]) == (None, None, "others")
    assert "the key is too short" in broken["trouble"]["reason"]
    assert (by_name["alipay"]["trouble"], by_name["alipay"]["capabilities"]["method"]) == (None, "alipay")
    assert await asked(shop, key, "GET", "/v1/channels/broken") == (200, broken)
    assert (await asked(shop, key, "GET", "/v1/channels/nothing"))[0] == 404


@pytest.mark.parametrize("path", ["", "/configurations", "/measures"])
async def test_a_name_that_no_channel_can_have_is_refused_as_such(shop: Platform, path: str) -> None:
    key = await key_of(shop, f"Noa{path.strip('/')}", Role.AUDITOR)
    status, problem = await asked(shop, key, "GET", f"/v1/channels/%00{path}")
    assert (status, problem["field"]) == (400, "channel")


@pytest.mark.parametrize(
    "wrong", [{"connector": "nobody"}, {"settings": {}}, {"credentials": {}}, {"note": ""}]
)
async def test_what_cannot_be_used_is_refused_with_its_field_and_no_secret(
    shop: Platform, wrong: dict[str, Any]
) -> None:
    key = await key_of(shop, f"Eve{next(iter(wrong))}", Role.OPERATIONS)
    status, problem = await asked(shop, key, "POST", "/v1/channels/third/proposals", for_real(shop) | wrong)
    assert status in (400, 409, 422)
    assert problem["field"]
    assert "PRIVATE" not in str(problem)


async def test_s1_every_route_of_the_internal_listener_takes_a_permission_that_a_role_has(
    shop: Platform,
) -> None:
    """Of those that are not open to all: nobody without a key, nobody with a key that lacks the permission."""
    auditor = await key_of(shop, "Fay", Role.ADMINISTRATOR)
    for route in operations_routes(shop.house):
        for path in route.paths:
            for method in route.http_methods:
                if (method, path) in OPEN_TO_ALL:
                    assert route.opt[OPTION] == PUBLIC
                    continue
                assert route.opt[OPTION] in EVERY_PERMISSION, f"no role may {method} {path}"
                address = path.replace(":str", "").replace("{", "").replace("}", "")
                async with shop.session.request(method, shop.internal_url + address) as answer:
                    assert answer.status == 401, f"{method} {path}"
                if not route.opt[OPTION].startswith("staff."):
                    status, _ = await asked(shop, auditor, method, address, {})
                    assert status == 403, f"{method} {path}"
