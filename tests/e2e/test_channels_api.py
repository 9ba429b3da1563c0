"""Can those who operate channels do so over HTTP, two by two, and see no secret?"""

from typing import Any

import msgspec
import pytest

from tael.app.listeners import operations_routes
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.simulators.registry import SIMULATORS
from tael.staff.model import Role
from tael.staff.rules import EVERY_PERMISSION
from tael.testing.platform import Platform

OPEN_TO_ALL = {
    ("GET", "/assets/{digest:str}/{name:str}"),
    ("GET", "/console"),
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


async def key_of(shop: Platform, name: str, role: Role) -> str:
    made = await shop.house.staff.add(
        name, email=f"{name.lower()}@tael.example", roles=[role], actor="operator:test"
    )
    return made.key.secret


async def asked(shop: Platform, key: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else msgspec.json.encode(body)
    async with shop.session.request(method, shop.internal_url + path, data=data, headers=headers) as answer:
        return answer.status, msgspec.json.decode(await answer.read())


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
    yes = {"approve": True, "digest": proposal["digest"]}
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
    assert [each["id"] for each in proposals] == [proposal["id"]]


async def test_a_refused_proposal_changes_nothing(shop: Platform) -> None:
    carl, dora = await key_of(shop, "Carl", Role.OPERATIONS), await key_of(shop, "Dora", Role.RISK)
    _, proposal = await asked(shop, carl, "POST", "/v1/channels/other/proposals", for_real(shop))
    no = {"approve": False, "digest": proposal["digest"], "note": "not our key"}
    status, decided = await asked(shop, dora, "POST", f"/v1/channel_proposals/{proposal['id']}/decision", no)
    assert (status, decided["approved"], decided["configuration"]) == (200, False, None)
    await shop.house.channels.refresh()
    assert "other" not in shop.house.channels.names()


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
