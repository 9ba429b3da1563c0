"""What does a notice say, and can it be believed?

A notice is a form. Its signature covers the *bytes* of all fields but `sign` and `sign_type`, in the
charset that its `charset` field names, so we check it before we decode anything. Then it must be for our
application and our account, and be young enough.

How old may it be? Alipay repeats a notice 4 min, 10 min, 10 min, 1 h, 2 h, 6 h and 15 h after one another
until it hears `success`: 24 h 24 min in all. Whether a repetition carries a fresh `notify_time` is not
documented, so the window covers the whole schedule and some delay. Within it, repeats are known by their
`notify_id`.

What a notice of a refund says: `out_biz_no` is our refund's number, but `refund_fee` is all that was given
back of the trade so far. So the outcome names the refund as succeeded without an amount of its own, and
carries the sum as `given_back_in_all`, which the caller can compare with its books. The refund's own
amount needs no proof: Alipay refuses a number that comes with another amount.
"""

from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes

from tael.channels.connectors.alipay.meanings import meaning_of_trade, sum_given_back
from tael.channels.connectors.alipay.signing import Verifier
from tael.channels.connectors.alipay.values import read_amount, read_number, read_time, read_words
from tael.channels.errors import NoticeRefused
from tael.channels.port import ErrorClass, Notice, Outcome, OutcomeState
from tael.foundation.money import Money

LONGEST_BODY = 65_536
MOST_FIELDS = 200
FUTURE_TOLERANCE = timedelta(minutes=5)
CHARSETS = {b"utf-8": "utf-8", b"gbk": "gbk", b"gb2312": "gbk", b"gb18030": "gb18030"}


def read_signed_fields(body: bytes, verifier: Verifier) -> dict[str, str]:
    """The fields of a notice that Alipay signed, decoded; raises `NoticeRefused`."""
    fields = _split_form(body)
    signature, sign_type = fields.pop("sign", b""), fields.pop("sign_type", b"")
    if sign_type != b"RSA2":
        raise NoticeRefused("The notice is not signed with RSA2.", field="sign_type")
    charset = CHARSETS.get(fields.get("charset", b"").lower())
    if charset is None:
        raise NoticeRefused("The notice names no charset that we know.", field="charset")
    content = b"&".join(name.encode() + b"=" + fields[name] for name in sorted(fields))
    if not verifier.signed(content, signature):
        raise NoticeRefused("The notice's signature is not Alipay's.", field="sign")
    try:
        return {name: value.decode(charset) for name, value in fields.items()}
    except UnicodeDecodeError:
        raise NoticeRefused(f"The notice is not written in {charset}.", field="charset") from None


def _split_form(body: bytes) -> dict[str, bytes]:
    """The fields of a form, percent-decoded; a name that comes twice is refused."""
    if len(body) > LONGEST_BODY:
        raise NoticeRefused(f"The notice is longer than {LONGEST_BODY} bytes.")
    pairs = body.split(b"&")
    if len(pairs) > MOST_FIELDS:
        raise NoticeRefused(f"The notice has more than {MOST_FIELDS} fields.")
    fields: dict[str, bytes] = {}
    for pair in pairs:
        raw_name, equals, raw_value = pair.replace(b"+", b" ").partition(b"=")
        name_bytes = unquote_to_bytes(raw_name)
        if not equals or not name_bytes or not name_bytes.isascii():
            raise NoticeRefused("The notice is not a form of named fields.")
        name = name_bytes.decode("ascii")
        if name in fields:
            raise NoticeRefused("The notice holds a field twice.", field=read_words(name, longest=64))
        fields[name] = unquote_to_bytes(raw_value)
    return fields


def check_addressee(fields: dict[str, str], *, app_id: str, seller_id: str) -> None:
    """Refuse a notice that is for another application or another account."""
    for name, ours in (("app_id", app_id), ("seller_id", seller_id)):
        theirs = fields.get(name, "")
        if theirs != ours:
            shown = read_words(theirs, longest=32) or "nobody"
            raise NoticeRefused(f"The notice is for {name} {shown}, we are {ours}.", field=name)


def check_age(fields: dict[str, str], *, now: datetime, oldest: timedelta) -> None:
    """Refuse a notice from before the window or from the future."""
    sent_at = read_time(fields.get("notify_time"))
    if sent_at is None:
        raise NoticeRefused("The notice does not say when it was sent.", field="notify_time")
    age = now - sent_at
    if age > oldest:
        raise NoticeRefused(f"The notice was sent {age} ago; we accept {oldest}.", field="notify_time")
    if age < -FUTURE_TOLERANCE:
        raise NoticeRefused("The notice was sent in the future.", field="notify_time")


def read_notice_fields(fields: dict[str, str]) -> Notice:
    """What the fields of a believed notice say; raises `NoticeRefused` if something needed is missing."""
    notice_id = _needed_number(fields, "notify_id")
    order_number = _needed_number(fields, "out_trade_no")
    amount = _needed_amount(fields, "total_amount")
    given_back = _needed_amount(fields, "refund_fee") if fields.get("refund_fee") else None
    if given_back is not None and given_back.minor > amount.minor:
        raise NoticeRefused(f"{given_back} was given back of an order of {amount}.", field="refund_fee")
    refund_number = read_number(fields.get("out_biz_no"))
    if given_back is not None and given_back.minor > 0 and refund_number is not None:
        outcome = _refund_outcome(fields, order_number, refund_number, given_back)
    else:
        outcome = _order_outcome(fields, order_number, amount, given_back)
    return Notice(notice_id=notice_id, outcome=outcome)


def _refund_outcome(
    fields: dict[str, str], order_number: str, refund_number: str, given_back: Money
) -> Outcome:
    status = fields.get("trade_status")
    known = status in ("TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED")
    return Outcome(
        state=OutcomeState.SUCCEEDED if known else OutcomeState.UNKNOWN,
        order_number=order_number,
        refund_number=refund_number,
        given_back_in_all=given_back,
        channel_reference=read_number(fields.get("trade_no")),
        payer_hint=read_words(fields.get("buyer_logon_id"), longest=100),
        happened_at=read_time(fields.get("gmt_refund")),
        code=read_words(status, longest=64),
        error_class=None if known else ErrorClass.TRUST,
    )


def _order_outcome(
    fields: dict[str, str], order_number: str, amount: Money, given_back: Money | None
) -> Outcome:
    status = fields.get("trade_status")
    was_paid = bool(fields.get("gmt_payment")) or (given_back is not None and given_back.minor > 0)
    state = meaning_of_trade(status, was_paid=was_paid)
    paid = state is OutcomeState.SUCCEEDED
    return Outcome(
        state=state,
        order_number=order_number,
        amount=amount,
        given_back_in_all=sum_given_back(status, amount, given_back) if paid else None,
        channel_reference=read_number(fields.get("trade_no")),
        payer_hint=read_words(fields.get("buyer_logon_id"), longest=100),
        happened_at=read_time(fields.get("gmt_payment" if paid else "gmt_close")),
        code=read_words(status, longest=64),
        error_class=ErrorClass.TRUST if state is OutcomeState.UNKNOWN else None,
    )


def _needed_number(fields: dict[str, str], name: str) -> str:
    number = read_number(fields.get(name))
    if number is None:
        raise NoticeRefused(f"The notice has no {name} that we can read.", field=name)
    return number


def _needed_amount(fields: dict[str, str], name: str) -> Money:
    amount = read_amount(fields.get(name))
    if amount is None:
        raise NoticeRefused(f"The notice has no {name} that we can read.", field=name)
    return amount
