"""How are many things shown? In pages, newest first, each going on from an id; or as what a search finds."""

import re
from collections.abc import Sequence
from typing import Any

from tael.simulators.stripe.book import Book
from tael.simulators.stripe.forms import Fields
from tael.simulators.stripe.objects import PaymentIntent, Thing
from tael.simulators.stripe.refusals import ApiError, missing

SEARCH_LAGS_SECONDS = 5
"""How old a thing must be before a search finds it. Stripe promises less than a minute."""
_CLAUSE = re.compile(r"""\s*(?:(status)|metadata\[(["'])(\w{1,40})\2\])\s*:\s*(["'])([^"'\\]{0,500})\4\s*""")
_RANGE = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}


def list_page(book: Book, things: Sequence[Thing], fields: Fields, *, path: str) -> dict[str, Any]:
    """The page that was asked for; `things` are the oldest first."""
    limit = _limit(fields)
    found = [thing for thing in reversed(things) if _in_range(fields, thing)]
    after, before = fields.text("starting_after"), fields.text("ending_before")
    if after and before:
        raise ApiError(400, "You may only specify one of these parameters: starting_after, ending_before.")
    if before:
        newer = found[: _place(found, before, "ending_before")]
        page, more = newer[-limit:], len(newer) > limit
    else:
        older = found[_place(found, after, "starting_after") + 1 :] if after else found
        page, more = older[:limit], len(older) > limit
    expand = [path[5:] for path in fields.texts("expand") if path.startswith("data.")]
    return {
        "object": "list",
        "data": [book.show(thing, expand) for thing in page],
        "has_more": more,
        "url": path,
    }


def search_page(book: Book, fields: Fields, *, path: str) -> dict[str, Any]:
    """The intents that a query finds, as far as the index knows them yet."""
    fields.only("query", "limit", "page")
    clauses = [_clause(text) for text in re.split(r"\s+AND\s+", fields.needed("query"), flags=re.IGNORECASE)]
    known_before = book.seconds() - SEARCH_LAGS_SECONDS
    found = [
        intent
        for intent in reversed(book.all(PaymentIntent))
        if intent.created <= known_before
        and all((intent.metadata.get(name) if name else intent.status) == value for name, value in clauses)
    ]
    limit = _limit(fields)
    return {
        "object": "search_result",
        "data": [book.show(intent) for intent in found[:limit]],
        "has_more": len(found) > limit,
        "next_page": None,
        "url": path,
    }


def _clause(text: str) -> tuple[str, str]:
    """The name in the metadata (or nothing, for the status) and its value."""
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise ApiError(400, "We were unable to parse your search query.", param="query")
    return match[3] or "", match[5]


def _limit(fields: Fields) -> int:
    limit = fields.integer("limit", 10) or 0
    if not 1 <= limit <= 100:
        message = "This value must be between 1 and 100."
        raise ApiError(400, message, code="parameter_invalid_integer", param="limit")
    return limit


def _in_range(fields: Fields, thing: Thing) -> bool:
    created = fields.tree.get("created")
    if isinstance(created, str):
        return thing.created == fields.integer("created")
    below = fields.below("created")
    for name in below.tree:
        if name not in _RANGE:
            raise ApiError(400, f"Received unknown parameter: created[{name}]", param="created")
        if not _RANGE[name](thing.created, below.integer(name) or 0):
            return False
    return True


def _place(found: Sequence[Thing], id: str, param: str) -> int:
    place = next((place for place, thing in enumerate(found) if thing.id == id), None)
    if place is None:
        raise missing("object", id, param, status=400)
    return place
