"""What happens when a payer goes to their bank? The money is taken back until somebody is believed."""

from tael.simulators.stripe.book import Book
from tael.simulators.stripe.forms import Fields
from tael.simulators.stripe.objects import Charge, Dispute, File, PaymentIntent
from tael.simulators.stripe.refusals import ApiError

RESPOND_WITHIN_SECONDS = 7 * 86_400
FEE = 1500
"""In units of the currency."""
OPEN = ("needs_response", "warning_needs_response")
UNDER_REVIEW = ("under_review", "warning_under_review")
_VERDICTS = {"winning_evidence": True, "losing_evidence": False}
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number"
    " uncategorized_file uncategorized_text"
).split()


FILES = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt refund_policy"
    " service_documentation shipping_documentation uncategorized_file"
).split()
"""Those that name a file."""
PURPOSE = "dispute_evidence"
LARGEST_FILE = 5_000_000
TYPES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


def take_file(book: Book, fields: Fields) -> File:
    """Keep that a file was handed in, of a purpose for which files of its type are taken."""
    fields.only("purpose", "file")
    purpose, file = fields.needed("purpose"), fields.below("file")
    if purpose != PURPOSE:
        raise ApiError(400, f"Invalid purpose: {purpose[:40]}", param="purpose")
    size, kind = file.integer("size", 0) or 0, file.text("type")
    if not 0 < size <= LARGEST_FILE:
        raise ApiError(400, "The file is empty, or larger than 5 MB.", param="file")
    if kind not in TYPES.values():
        raise ApiError(400, "Files for this purpose are PDF, PNG or JPEG.", param="file")
    named = File(
        id=book.new_id(File),
        created=book.seconds(),
        purpose=purpose,
        filename=file.text("filename"),
        size=size,
        type=kind,
    )
    return book.keep(named)


def open_dispute(book: Book, charge: Charge, *, reason: str, inquiry: bool) -> Dispute:
    """The payer says that they do not owe it. An inquiry takes no money yet."""
    now = book.seconds()
    dispute = Dispute(
        id=book.new_id(Dispute),
        created=now,
        status="warning_needs_response" if inquiry else "needs_response",
        amount=charge.amount_captured,
        currency=charge.currency,
        charge=charge.id,
        payment_intent=charge.payment_intent,
        reason=reason,
        evidence=dict.fromkeys(EVIDENCE),
        evidence_details={
            "due_by": now + RESPOND_WITHIN_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
    )
    charge.disputed, charge.dispute = True, dispute.id
    book.keep(charge)
    if not inquiry:
        _move(book, dispute, -dispute.amount, fee=FEE)
    book.keep(dispute)
    _tell(book, dispute, "created")
    if not inquiry:
        _tell(book, dispute, "funds_withdrawn")
    return dispute


def update_dispute(book: Book, dispute: Dispute, fields: Fields) -> Dispute:
    """Take evidence, and hand it to the bank if it is submitted; it is submitted unless told otherwise."""
    fields.only("evidence", "metadata", "submit")
    texts = fields.below("evidence")
    texts.only(*EVIDENCE)
    if dispute.status not in OPEN:
        message = "This dispute is already closed or under review."
        raise ApiError(400, message, param="evidence", remembered=True)
    given = {name: texts.text(name) for name in texts.tree}
    for name in given.keys() & set(FILES):
        if given[name] and book.find(File, given[name]) is None:
            raise ApiError(400, f"No such file upload: '{given[name][:40]}'", param=f"evidence[{name}]")
    dispute.evidence = dispute.evidence | given
    dispute.metadata = dispute.metadata | fields.metadata()
    if given:
        dispute.evidence_details = dispute.evidence_details | {"has_evidence": True}
    if fields.text("submit", "true") == "true" and given:
        count = dispute.evidence_details.get("submission_count", 0)
        dispute.evidence_details = dispute.evidence_details | {"submission_count": count + 1}
        warning = dispute.status.startswith("warning")
        dispute.status = "warning_under_review" if warning else "under_review"
    book.keep(dispute)
    _tell(book, dispute, "updated")
    verdict = _VERDICTS.get(given.get("uncategorized_text", ""))
    if verdict is not None and dispute.status in UNDER_REVIEW:
        decide(book, dispute, won=verdict)
    return dispute


def close_dispute(book: Book, dispute: Dispute) -> Dispute:
    """The merchant gives in."""
    if dispute.status not in OPEN:
        raise ApiError(400, "This dispute is already closed.", code="dispute_closed", remembered=True)
    return decide(book, dispute, won=False)


def decide(book: Book, dispute: Dispute, *, won: bool) -> Dispute:
    """The bank believes one of them. Of a mere inquiry, nothing comes."""
    if dispute.status.startswith("warning"):
        dispute.status = "warning_closed" if won else "lost"
        if not won:
            _move(book, dispute, -dispute.amount, fee=FEE)
    else:
        dispute.status = "won" if won else "lost"
        if won:
            _move(book, dispute, dispute.amount)
    book.keep(dispute)
    _tell(book, dispute, "closed")
    if won and dispute.status == "won":
        _tell(book, dispute, "funds_reinstated")
    return dispute


def let_time_pass(book: Book) -> None:
    """Disputes that nobody answered in time are lost."""
    for dispute in book.all(Dispute):
        if dispute.status in OPEN and dispute.evidence_details.get("due_by", 0) <= book.seconds():
            dispute.evidence_details = dispute.evidence_details | {"past_due": True}
            decide(book, dispute, won=dispute.status.startswith("warning"))


def _move(book: Book, dispute: Dispute, units: int, *, fee: int = 0) -> None:
    line = book.move_balance("adjustment", units, dispute.currency, source=dispute.id, fee=fee)
    dispute.balance_transactions = [*dispute.balance_transactions, book.show(line)]


def _tell(book: Book, dispute: Dispute, what: str) -> None:
    intent = book.get(PaymentIntent, dispute.payment_intent)
    about = intent.metadata.get("order_number") or intent.id
    book.emit(f"charge.dispute.{what}", dispute, about=about)
