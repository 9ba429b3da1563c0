"""Does our client say what the API says, all of it, and nothing else? And is it light enough to be taken along?"""

import json
import subprocess
import sys
from typing import Any

import pytest

from docs.reference.client.generate import CLIENT, client_files
from docs.reference.client.names import LEDGER, MERCHANTS
from docs.reference.generate import openapi_document
from tael.app.listeners import books_routes, public_routes
from tael.client import Ledger, Tael, errors, types
from tael.client.api.payments import Payments
from tael.client.bound import listing, operation
from tael.client.calls import Call
from tael.client.refusals import Refused, kind_of

SERVERS_STACK = (
    "litestar aiohttp psycopg procrastinate uvicorn structlog cryptography gmssl_pyx lxml typer".split()
)

WRITTEN_BY_HAND = {"api/waiting.py"}


def test_the_files_of_the_client_are_what_the_api_says_now() -> None:
    made = client_files()
    stale = [name for name, text in made.items() if (CLIENT / name).read_text("utf-8") != text]
    assert stale == [], "not current: .venv/bin/python -m docs.reference.client.generate"
    there = {
        f"{folder}/{path.name}" for folder in ("api", "ledger") for path in (CLIENT / folder).glob("*.py")
    }
    assert there - WRITTEN_BY_HAND <= made.keys()


@pytest.mark.parametrize(
    ("client", "areas", "routes"), [(Tael, MERCHANTS, public_routes), (Ledger, LEDGER, books_routes)]
)
def test_every_operation_of_an_api_is_a_method_of_its_client(client: Any, areas: Any, routes: Any) -> None:
    with client("http://127.0.0.1:9", "tael_1") as tael:
        resources = {type(each).__name__: type(each) for each in vars(tael).values() if hasattr(each, "ask")}
    named = {name: methods for each in areas.values() for name, methods in each.items()}
    assert resources.keys() == named.keys()
    for name, methods in named.items():
        for method in methods:
            assert isinstance(getattr(resources[name], method), operation | listing), f"{name}.{method}"
    document = json.loads(openapi_document(routes))
    served = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    assert {operation for methods in named.values() for operation in methods.values()} == served


def test_importing_the_client_brings_nothing_of_the_server_along() -> None:
    asked = f"import sys, tael.client; print(*(set({SERVERS_STACK}) & set(sys.modules)), sep=',')"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_a_refusal_is_a_kind_by_its_status_and_a_class_by_its_code() -> None:
    for code, refusal in errors.BY_CODE.items():
        assert issubclass(refusal, Refused), code
    assert issubclass(errors.PaymentsRefundExceedsCaptured, errors.Declined)
    assert [kind_of(status) for status in (400, 413, 402, 500, 503)] == [
        errors.Malformed,
        errors.Malformed,
        errors.Declined,
        errors.Broken,
        errors.Unavailable,
    ]


def test_what_is_said_goes_into_the_path_the_query_or_the_body() -> None:
    listed = Payments.list.call(state="captured", metadata={"shop": "north"}, expand=["refunds", "captures"])
    assert listed.query == {"state": "captured", "metadata[shop]": "north", "expand": "refunds,captures"}
    assert (listed.body, listed.idempotency_key) == (None, None)
    captured = Payments.capture.call("pay/../x", amount_minor=5, final=False, idempotency_key="mine")
    assert captured == Call(
        method="POST",
        path="/v1/payments/pay%2F..%2Fx/captures",
        answer=types.Capture,
        body=b'{"amount_minor":5,"final":false}',
        idempotency_key="mine",
    )


def test_a_word_that_is_newer_than_the_client_is_taken_as_it_is() -> None:
    state = types.PaymentState("held_by_customs")
    assert (state, state.name) == ("held_by_customs", "HELD_BY_CUSTOMS")
    assert state not in set(types.PaymentState)


def test_what_cannot_be_an_address_or_a_key_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="https://"):
        Tael("pay.example.com", "tael_1")
    with pytest.raises(ValueError, match="line break") as refused:
        Tael("https://pay.example.com", "tael_k3vqm2x7ab_secret\n")
    assert "secret" not in str(refused.value)
    for key in ("", "näh", "two words", "x" * 129):
        with pytest.raises(ValueError, match="1 to 128 visible"):
            Payments.close.call("pay_1", idempotency_key=key)
