"""Which events does an endpoint want? Exact types, `payment.*` for all of an object, or `*` for everything."""

from collections.abc import Iterable, Sequence

from tael.webhooks.errors import EndpointMalformed

MOST_WORDS = 64


def wants(words: Iterable[str], event_type: str) -> bool:
    """Whether an event of this type is wanted."""
    kind = event_type.partition(".")[0]
    return any(word in ("*", event_type, f"{kind}.*") for word in words)


def why_no_filter(words: Sequence[str], known: Iterable[str]) -> EndpointMalformed | None:
    """The refusal of a filter that would never let anything through, or `None`."""
    types = set(known)
    fine = {"*", *types, *(f"{each.partition('.')[0]}.*" for each in types)}
    if not 1 <= len(words) <= MOST_WORDS:
        return EndpointMalformed(f"Name 1 to {MOST_WORDS} kinds of events.", field="events")
    for word in words:
        if word not in fine:
            return EndpointMalformed(
                f"There is no event named {word[:64]!r}.",
                field="events",
                hint=f"Use `*`, or of these, also as `payment.*`: {', '.join(sorted(types))}.",
            )
    return None
