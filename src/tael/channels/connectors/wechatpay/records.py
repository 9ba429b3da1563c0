"""How are a day's record and WeChat Pay's certificates fetched?"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from tael.channels.connectors.wechatpay import requests
from tael.channels.connectors.wechatpay.bills import LARGEST_FILE, BillAddress, read_bill
from tael.channels.connectors.wechatpay.correspondence import Correspondence, succeeded
from tael.channels.connectors.wechatpay.refusals import read_problem
from tael.channels.connectors.wechatpay.signing import Disbelieved, read_certificate
from tael.channels.connectors.wechatpay.values import Unreadable, read_json
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import Bill, BillKind, BillWanted, Conversation, HttpResponse, ask

_WHERE = {
    BillKind.TRADES: "/v3/bill/tradebill?bill_date={}&bill_type=ALL&tar_type=GZIP",
    BillKind.FUNDS: "/v3/bill/fundflowbill?bill_date={}&account_type=BASIC&tar_type=GZIP",
}
_FILES = "/v3/billdownload/file"


def fetch_bill(letters: Correspondence, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
    """A day's record; raises `BillNotReady`, or `BillRefused` if it cannot be believed.

    The answer that names the file and its hash is signed; the file itself is not, and is held against the hash.
    """
    response = yield from ask(letters.get(_WHERE[wanted.kind].format(wanted.day.isoformat()), now))
    if not succeeded(response):
        if _nothing_happened(response):
            return Bill(wanted=wanted, file_name="", content=b"", lines=())
        raise BillRefused(f"WeChat Pay answered with HTTP status {response.status}.")
    try:
        address = letters.believed(response, BillAddress, now)
        place = urlsplit(address.download_url)
    except (Disbelieved, Unreadable, ValueError) as problem:
        raise BillRefused(f"WeChat Pay's answer is not believed: {problem}.") from None
    query = place.query
    if place.path != _FILES or not query.isascii() or not query.isprintable() or " " in query:
        raise BillRefused("The record lies where none should lie.")
    # Only ever from the address that we were told to trust, whatever host the answer names.
    file = yield from ask(letters.get(f"{_FILES}?{query}", now, largest_answer=LARGEST_FILE))
    if not succeeded(file):
        raise BillRefused(f"WeChat Pay answered with HTTP status {file.status}.")
    return read_bill(wanted, file.body, address)


def _nothing_happened(response: HttpResponse) -> bool:
    problem = read_problem(response)
    code = problem.code if problem is not None and response.status == 400 else ""
    if code == "STATEMENT_CREATING":
        raise BillNotReady("WeChat Pay has not made its record of that day yet.", retry_after_seconds=1800)
    return code == "NO_STATEMENT_EXIST"


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    nonce: str
    associated_data: str
    ciphertext: str


class _Certificate(msgspec.Struct, frozen=True, kw_only=True):
    encrypt_certificate: _Sealed


class _Certificates(msgspec.Struct, frozen=True, kw_only=True):
    data: list[_Certificate]


def fetch_certificates(letters: Correspondence, *, now: datetime) -> Conversation[Sequence[str]]:
    """The platform certificates that are valid now, as PEM; raises `Disbelieved` or `Unreadable`.

    They are sealed with the APIv3 key, so they can be believed before we know any of WeChat Pay's keys.
    """
    response = yield from ask(letters.get(requests.CERTIFICATES, now))
    if not succeeded(response):
        raise Unreadable(f"WeChat Pay answered with HTTP status {response.status}")
    blocks = [
        letters.unsealer.open(
            listed.encrypt_certificate.ciphertext,
            nonce=listed.encrypt_certificate.nonce,
            associated_data=listed.encrypt_certificate.associated_data,
        )
        for listed in read_json(response.body, _Certificates).data
    ]
    try:
        return [block.decode() for block in blocks if read_certificate(block).is_valid(now)]
    except ValueError:
        raise Unreadable("it holds something that is no certificate") from None
