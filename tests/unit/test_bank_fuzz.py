"""Bar S2: can anything in the bank's mailbox make the connector do other than say UNKNOWN, or refuse?"""

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tael.channels.connectors.bank.accounts import VirtualAccounts
from tael.channels.connectors.bank.news import read_news
from tael.channels.connectors.bank.statements import read_statement
from tael.channels.connectors.bank.xml import Unreadable, read_document
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import BillKind, BillWanted, OutcomeState
from tael.simulators.bank.customer import ACCOUNT
from tael.simulators.bank.messages import write_status
from tests.unit.bank_desk import ASK_PAYOUT, INQUIRE, NOW, PAYOUT, credit, fed, heard, mailbox, movement

CASES = settings(
    max_examples=500,
    deadline=2_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
ACCOUNTS = VirtualAccounts(prefix="95500018", digits=18, key="k" * 40)
NAME = f"P-{PAYOUT.payout_number}"
GOOD = [credit(), movement(-5000, NAME), write_status("PS", NAME, NAME, "RJCT", reason="AC04", at=NOW)]
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
BOMBS = {
    "billion laughs": '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
    f'<Document xmlns="{NAMESPACE}"><X>&d;</X></Document>',
    "a file of ours": f'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document xmlns="{NAMESPACE}">'
    "<X>&a;</X></Document>",
    "somebody else's address": '<!DOCTYPE l SYSTEM "http://127.0.0.1:1/x.dtd">'
    f'<Document xmlns="{NAMESPACE}"><X/></Document>',
    "a deep well": f'<Document xmlns="{NAMESPACE}">' + "<X>" * 100_000,
    "a deep well with a bottom": f'<Document xmlns="{NAMESPACE}">'
    + "<X>" * 5_000
    + "</X>" * 5_000
    + "</Document>",
    "an unknown entity": f'<Document xmlns="{NAMESPACE}"><X>&nbsp;</X></Document>',
    "two documents": f'<Document xmlns="{NAMESPACE}"><X/></Document><Document/>',
    "another language": '<Document xmlns="urn:example"><X/></Document>',
    "nothing at all": "",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_document_that_could_do_harm_is_refused_unread(bomb: str) -> None:
    with pytest.raises(Unreadable):
        read_document(bomb.encode())
    with pytest.raises(Unreadable):
        read_document(bomb.encode("utf-16"))
    (notice,) = fed(mailbox(bomb)).notices
    assert notice.outcome is not None
    assert notice.outcome.state is OutcomeState.UNKNOWN


@CASES
@given(body=st.binary(max_size=2_000))
@example(body=b"[" * 100_000)
@example(body=b'[{"id":1,"type":"","body":""}]')
@example(body=b'[{"id":NaN,"type":"","body":""}]')
@example(body=b'[{"id":1e999,"type":"","body":""}]')
def test_no_bytes_from_the_mailbox_ever_mean_that_money_came(body: bytes) -> None:
    assert heard(INQUIRE, body).state in (OutcomeState.UNKNOWN, OutcomeState.ABSENT)
    told = [notice.outcome for notice in fed(body).notices]
    assert all(one is not None and one.state is OutcomeState.UNKNOWN for one in told)


@CASES
@given(text=st.text(max_size=500))
def test_no_text_in_the_mailbox_ever_means_that_money_came(text: str) -> None:
    body = msgspec.json.encode([{"id": "a", "type": "camt.054", "body": text}])
    assert heard(INQUIRE, body).state in (OutcomeState.UNKNOWN, OutcomeState.ABSENT)


@CASES
@given(
    which=st.integers(0, len(GOOD) - 1),
    cuts=st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 60), st.text(max_size=20)), max_size=4),
)
def test_a_message_that_was_torn_and_mended_is_read_or_refused_and_nothing_else(
    which: int, cuts: list[tuple[int, int, str]]
) -> None:
    text = GOOD[which]
    for start, length, instead in cuts:
        text = text[:start] + instead + text[start + length :]
    for request in (INQUIRE, ASK_PAYOUT):
        heard(request, mailbox(text))
    fed(mailbox(text))
    wanted = BillWanted(kind=BillKind.FUNDS, day=NOW.date())
    with pytest.raises((BillNotReady, BillRefused)):
        read_statement(wanted, [text.encode("utf-8", "replace")], ACCOUNTS, ours=ACCOUNT)


def test_no_single_bit_turns_a_message_into_one_about_another_order() -> None:
    whole = credit().encode()
    (read,) = read_news(whole, ACCOUNTS, ours=ACCOUNT)
    mine = {getattr(read, "account", "")}
    for position in range(len(whole)):
        for bit in range(8):
            spoilt = bytearray(whole)
            spoilt[position] ^= 1 << bit
            try:
                news = read_news(bytes(spoilt), ACCOUNTS, ours=ACCOUNT)
            except Unreadable:
                continue
            assert {getattr(one, "account", "") for one in news} <= mine
