"""What is different between two versions of something, side by side? No input, no output."""

from collections.abc import Iterator

import msgspec

from tael.merchants.model import Difference


def side_by_side(before: object, after: object) -> list[Difference]:
    """The fields in which two things differ, each with what it was and what it will be."""
    old, new = dict(_fields(before)), dict(_fields(after))
    return [
        Difference(field=field, before=old.get(field, ""), after=new.get(field, ""))
        for field in [*old, *(field for field in new if field not in old)]
        if old.get(field) != new.get(field)
    ]


def _fields(thing: object, path: str = "") -> Iterator[tuple[str, str]]:
    plain = msgspec.to_builtins(thing, order="sorted")
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from _fields(value, f"{path}.{name}".lstrip("."))
    elif isinstance(plain, list | tuple):
        for place, value in enumerate(plain):
            yield from _fields(value, f"{path}.{place}".lstrip("."))
    elif plain is not None:
        yield path, str(plain)
