"""Is a merchant-presented code written and read as EMVCo says, and is everything else refused?"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tael.checkout.errors import CodeUnreadable
from tael.checkout.model import MerchantCode
from tael.checkout.rules.emvco import DYNAMIC, STATIC, checksum, read, write

SAMPLE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
    "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***"
    "0708A60086670902ME91320016A0112233449988770708123456786304A13A"
)
"""The specification's own."""
IDS = st.integers(0, 99).map(lambda number: f"{number:02}")
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=10)
TEXTS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=15)
TEMPLATES = st.dictionaries(IDS, VALUES, min_size=1, max_size=3)
CODES = st.builds(
    MerchantCode,
    accounts=st.dictionaries(
        st.integers(26, 51).map(str), st.builds(dict, TEMPLATES), min_size=1, max_size=2
    ),
    category=st.from_regex(r"[0-9]{4}", fullmatch=True).filter(str.isascii),
    currency=st.just("156"),
    country=st.just("CN"),
    name=VALUES,
    city=TEXTS,
    initiation=st.sampled_from([None, STATIC, DYNAMIC]),
    amount=st.none() | st.integers(1, 10**6).map(lambda fen: f"{fen // 100}.{fen % 100:02}"),
    additional=st.just({}) | TEMPLATES,
    local=st.just({}) | TEMPLATES,
    others=st.dictionaries(st.integers(80, 99).map(str), TEMPLATES, max_size=1),
)


def test_the_checksum_is_that_of_the_catalogue() -> None:
    assert checksum("123456789") == "29B1"


def test_the_specifications_sample_is_read_as_it_is_meant() -> None:
    code = read(SAMPLE)
    assert code.accounts == {
        "29": {"00": "D15600000000", "05": "A93FO3230Q"},
        "31": {"00": "D15600000001", "03": "12345678"},
    }
    assert (code.name, code.city, code.country) == ("BEST TRANSPORT", "BEIJING", "CN")
    assert (code.amount, code.currency, code.category) == ("23.72", "156", "4111")
    assert code.initiation == DYNAMIC
    assert code.tip_indicator == "01"
    assert code.local == {"00": "ZH", "01": "最佳运输", "02": "北京"}
    assert code.additional == {"03": "1234", "06": "***", "07": "A6008667", "09": "ME"}
    assert code.others == {"91": {"00": "A011223344998877", "07": "12345678"}}


def test_the_sample_says_the_same_when_it_is_written_again() -> None:
    assert read(write(read(SAMPLE))) == read(SAMPLE)


@given(CODES)
def test_what_is_written_is_read_again(code: MerchantCode) -> None:
    try:
        text = write(code)
    except CodeUnreadable:
        assume(False)
    assert read(text) == code
    assert text.startswith("000201")


@given(CODES, st.integers(0, 10**6), st.characters(codec="ascii"))
def test_one_other_character_is_noticed(code: MerchantCode, place: int, other: str) -> None:
    try:
        text = write(code)
    except CodeUnreadable:
        assume(False)
    place %= len(text)
    while not text[place].isascii():  # of more than 16 bits the checksum promises nothing
        place -= 1
    changed = text[:place] + other + text[place + 1 :]
    if changed.upper() != text.upper() or changed[:-4] != text[:-4]:
        with pytest.raises(CodeUnreadable):
            read(changed)


@given(st.text(max_size=600))
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    with pytest.raises(CodeUnreadable):
        read(text)


@given(st.text(max_size=120))
def test_a_right_checksum_alone_makes_no_code(text: str) -> None:
    whole = f"000201{text}6304"
    with pytest.raises(CodeUnreadable):
        read(whole + checksum(whole) if text.isprintable() else whole)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "a" * 26}, "59"),
        ({"city": "a" * 16}, "60"),
        ({"amount": "1,50"}, "54"),
        ({"tip_indicator": "02"}, "tip"),
        ({"tip_indicator": "03", "tip_percent": "x"}, "57"),
        ({"tip_fixed": "1.00"}, "tip"),
        ({"initiation": "13"}, "static"),
        ({"accounts": {}}, "account"),
        ({"category": "41a1"}, "52"),
        ({"name": ""}, "59"),
    ],
)
def test_what_the_specification_forbids_is_not_written(changes: dict[str, object], why: str) -> None:
    wanted: dict[str, object] = {
        "accounts": {"26": {"00": "example.tael", "01": "cod_1"}},
        "category": "5812",
        "currency": "156",
        "country": "CN",
        "name": "BLUE TEAPOT",
        "city": "HANGZHOU",
    }
    with pytest.raises(CodeUnreadable, match=why):
        write(MerchantCode(**(wanted | changes)))  # type: ignore[arg-type]
