"""Do files of evidence reach Stripe before they are named, once, and only where Stripe takes them?"""

from hashlib import sha256

import pytest

from tael.channels.connectors.stripe.settings import files_url_of
from tael.channels.port import (
    Evidence,
    EvidenceFile,
    HttpRequest,
    HttpResponse,
    Operation,
    OutcomeState,
    Request,
)
from tests.unit.stripe_desk import NOW, answer, connector, dispute, talk

PDF = b"%PDF-1.7\r\n--tael one blue teapot\r\n"


def file(content: bytes = PDF) -> EvidenceFile:
    return EvidenceFile(media_type="application/pdf", digest=sha256(content).hexdigest(), content=content)


def handing_in(**files: EvidenceFile) -> Request:
    evidence = Evidence(dispute_number="dp_7", texts={"customer_name": "Li"}, files=files)
    return Request(operation=Operation.SUBMIT_EVIDENCE, evidence=evidence)


def answer_to(asked: HttpRequest, size: int = len(PDF)) -> HttpResponse:
    """As Stripe does while it waits for evidence."""
    if asked.url.endswith("/v1/files"):
        return answer({"id": "file_7", "object": "file", "purpose": "dispute_evidence", "size": size})
    return answer(dispute(status="needs_response" if asked.method == "GET" else "under_review"))


def test_a_file_is_handed_in_by_itself_and_then_named_among_the_texts() -> None:
    said: list[HttpRequest] = []

    def respond(asked: HttpRequest) -> HttpResponse:
        said.append(asked)
        return answer_to(asked)

    outcome = talk(connector().converse(handing_in(receipt=file()), now=NOW), respond)
    assert outcome.state is OutcomeState.SUCCEEDED
    assert [each.url.rpartition("/v1/")[2].partition("?")[0] for each in said] == [
        "disputes/dp_7",
        "files",
        "disputes/dp_7",
    ]
    upload, submission = said[1:]
    assert upload.body.count(PDF) == 1
    assert b'name="purpose"\r\n\r\ndispute_evidence\r\n' in upload.body
    assert upload.headers["idempotency-key"].startswith("file:dp_7:receipt:")
    assert b"evidence%5Breceipt%5D=file_7" in submission.body
    assert b"submit=true" in submission.body


@pytest.mark.parametrize("field", ["uncategorized_text", "horoscope"])
def test_a_file_for_which_stripe_has_no_place_is_never_sent(field: str) -> None:
    def respond(_: HttpRequest) -> HttpResponse:
        raise AssertionError("nothing is sent")

    outcome = talk(connector().converse(handing_in(**{field: file()}), now=NOW), respond)
    assert outcome.state is OutcomeState.FAILED


def test_files_that_are_too_large_together_are_never_sent() -> None:
    def respond(_: HttpRequest) -> HttpResponse:
        raise AssertionError("nothing is sent")

    large = file(PDF.ljust(2_300_000, b" "))
    outcome = talk(connector().converse(handing_in(receipt=large, refund_policy=large), now=NOW), respond)
    assert outcome.state is OutcomeState.FAILED


def test_a_file_that_is_not_the_one_that_was_sent_decides_nothing() -> None:
    outcome = talk(
        connector().converse(handing_in(receipt=file()), now=NOW), lambda asked: answer_to(asked, size=1)
    )
    assert outcome.state is OutcomeState.UNKNOWN


def test_files_go_where_the_real_stripe_takes_them_and_else_where_its_stand_in_is() -> None:
    assert files_url_of("https://api.stripe.com/") == "https://files.stripe.com"
    assert files_url_of("http://127.0.0.1:9000") == "http://127.0.0.1:9000"


def test_the_bytes_of_a_file_stand_in_no_trace() -> None:
    assert "teapot" not in repr(handing_in(receipt=file()))
