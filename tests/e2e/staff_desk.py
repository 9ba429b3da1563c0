"""How do tests act as staff? Somebody is hired, and asks the internal listener with their key."""

from typing import Any

import msgspec

from tael.staff.model import NewMember, Role
from tael.testing.platform import Platform


async def hired(shop: Platform, name: str, role: Role) -> NewMember:
    """A new member of staff."""
    return await shop.house.staff.add(
        name, email=f"{name.lower()}@tael.example", roles=[role], actor="operator:test"
    )


async def key_of(shop: Platform, name: str, role: Role) -> str:
    """The key of a new member of staff."""
    return (await hired(shop, name, role)).key.secret


async def asked(shop: Platform, key: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and document of the answer to somebody with this key."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else msgspec.json.encode(body)
    async with shop.session.request(method, shop.internal_url + path, data=data, headers=headers) as answer:
        return answer.status, msgspec.json.decode(await answer.read())
