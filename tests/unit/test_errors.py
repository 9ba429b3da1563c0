"""Does every refusal say what was wrong, where, and what to do, in one stable form?"""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import tael
from tael.foundation import errors
from tael.foundation.errors import Conflict, Refusal, Throttled
from tael.foundation.problems import problem_body

KINDS: dict[type[Refusal], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Declined: 402,
    errors.Throttled: 429,
    errors.Unavailable: 503,
    errors.Uncertain: 202,
}


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in kind.__subclasses__():
        yield refusal
        yield from _below(refusal)


def refusals_of_contexts() -> list[type[Refusal]]:
    """Those in every context's `errors.py`; the words of HTTP itself (405, 413…) are not among them."""
    modules = [module.name for module in pkgutil.walk_packages(tael.__path__, "tael.")]
    for name in modules:
        if name.endswith(".errors"):
            importlib.import_module(name)
    return [refusal for refusal in _below(Refusal) if refusal.__module__.endswith(".errors")]


def test_there_are_nine_kinds_each_with_its_status() -> None:
    assert {
        kind: kind.status for kind in Refusal.__subclasses__() if kind.__module__ == errors.__name__
    } == KINDS


def test_every_refusal_of_a_context_is_one_of_the_nine_kinds_with_its_status() -> None:
    for refusal in refusals_of_contexts():
        kind = next(each for each in KINDS if issubclass(refusal, each))
        assert refusal.status in {KINDS[kind], 422 if kind is errors.Malformed else KINDS[kind]}, refusal


def test_no_two_refusals_share_a_code() -> None:
    codes: dict[str, type[Refusal]] = {}
    for refusal in refusals_of_contexts():
        if "code" in vars(refusal):
            assert codes.setdefault(refusal.code, refusal) is refusal, f"{refusal} and {codes[refusal.code]}"


def test_a_problem_document_says_what_where_and_what_to_do() -> None:
    refusal = Conflict("It is paid.", field="payment.state", hint="Refund it.", refundable_minor=1280)

    assert msgspec.json.decode(problem_body(refusal)) == {
        "type": "urn:tael:problem:conflict",
        "title": "In conflict with the present state",
        "status": 409,
        "code": "conflict",
        "detail": "It is paid.",
        "field": "payment.state",
        "hint": "Refund it.",
        "refundable_minor": 1280,
    }


def test_a_problem_document_leaves_out_what_is_not_known() -> None:
    assert set(msgspec.json.decode(problem_body(Throttled("Too much.", retry_after_seconds=1)))) == {
        "type",
        "title",
        "status",
        "code",
        "detail",
    }


def test_a_refusal_can_be_raised_and_reads_as_its_message() -> None:
    with pytest.raises(Refusal, match="Too much"):
        raise Throttled("Too much.")
