"""Is what tells who somebody is found without being read, and shown without being told?"""

from pathlib import Path

import pytest

from tael.foundation.personal import (
    IDENTITY_DOCUMENT,
    PHONE,
    Personal,
    mask_card,
    mask_document,
    mask_email,
    mask_name,
    mask_payee,
    mask_phone,
)
from tael.foundation.phones import PhoneMalformed, phone_as_kept
from tael.foundation.sealing import SealBroken, Sealer

NUMBER = "+8613812341234"


def personal(folder: Path) -> Personal:
    return Personal(Sealer(folder), folder)


def test_one_text_has_one_index_for_ever_and_another_of_another_kind(tmp_path: Path) -> None:
    index = personal(tmp_path).index_of(PHONE, NUMBER)
    assert personal(tmp_path).index_of(PHONE, NUMBER) == index
    assert personal(tmp_path).index_of(PHONE, "+8613812341235") != index
    assert personal(tmp_path).index_of(IDENTITY_DOCUMENT, NUMBER) != index
    assert personal(tmp_path / "elsewhere").index_of(PHONE, NUMBER) != index, "without the key nobody can try"
    assert b"1381234" not in index


def test_the_key_of_indexes_is_another_than_that_of_seals_and_its_owners_alone(tmp_path: Path) -> None:
    kept = personal(tmp_path)
    kept.seal("张三", about="user usr_1 name")
    kept.index_of(PHONE, NUMBER)
    sealing, index = (next(tmp_path.glob(f"{name}-*.key")) for name in ("sealing", "index"))
    assert sealing.read_text() != index.read_text()
    assert index.stat().st_mode & 0o777 == 0o600


def test_after_a_new_index_key_a_row_is_looked_for_under_both(tmp_path: Path) -> None:
    kept = personal(tmp_path)
    old = kept.index_of(PHONE, NUMBER)
    assert kept.add_index_key() == 2
    new = kept.index_of(PHONE, NUMBER)
    assert (old[0], new[0]) == (1, 2), "the first byte says which key it is under"
    assert kept.indexes_of(PHONE, NUMBER) == [new, old]
    assert personal(tmp_path).indexes_of(PHONE, NUMBER) == [new, old]


def test_what_was_sealed_opens_only_for_its_own_row(tmp_path: Path) -> None:
    kept = personal(tmp_path)
    sealed = kept.seal("李小明", about="user usr_1 name")
    assert kept.open(sealed, about="user usr_1 name") == "李小明"
    assert "李小明".encode() not in sealed
    with pytest.raises(SealBroken):
        kept.open(sealed, about="user usr_2 name")


def test_a_missing_index_key_is_named_and_never_made_anew(tmp_path: Path) -> None:
    personal(tmp_path).add_index_key()
    (tmp_path / "index-0001.key").unlink()
    with pytest.raises(SealBroken, match="index-0001"):
        personal(tmp_path).indexes_of(PHONE, NUMBER)


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (mask_name("张三"), "张*"),
        (mask_name("李小明"), "李*明"),
        (mask_name("欧阳娜娜"), "欧**娜"),
        (mask_name("王"), "*"),
        (mask_name("Ann Miller"), "A** M*****"),
        (mask_name("Bo"), "B*"),
        (mask_payee("张三"), "*三"),
        (mask_payee("李小明"), "*小明"),
        (mask_payee("王"), "*"),
        (mask_payee("诸葛亮"), "**亮"),
        (mask_payee("欧阳娜娜"), "**娜娜"),
        (mask_payee("欧阳 娜娜"), "**娜娜"),
        (mask_payee("买买提·阿卜杜拉"), "******杜拉"),
        (mask_payee("Ann Miller"), "A** M*****"),
        (mask_payee("José García"), "J*** G*****"),
        (mask_payee("Владимир"), "В*******"),
        (mask_payee("Madonna"), "M******"),
        (mask_payee(""), ""),
        (mask_document("110101199003071234"), "110***********1234"),
        (mask_document("E12345678"), "E******78"),
        (mask_phone("+8613812341234"), "138****1234"),
        (mask_phone("13812341234"), "138****1234"),
        (mask_phone("+447911123456"), "+44 ****3456"),
        (mask_phone("12"), "****"),
        (mask_card("622202" + "1" * 6 + "1234"), "622202******1234"),
        (mask_email("ann@example.com"), "a***@example.com"),
        (mask_email("nothing"), "***"),
    ],
)
def test_what_is_masked_looks_like_this(masked: str, shown: str) -> None:
    assert masked == shown


@pytest.mark.parametrize("length", range(1, 30))
def test_whatever_the_length_something_is_hidden(length: int) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(length))
    for mask in (mask_name, mask_payee, mask_document, mask_phone, mask_card):
        assert "*" in mask(text), (mask.__name__, text)
        assert text not in mask(text)


@pytest.mark.parametrize(
    "typed",
    ["13812341234", "+86 138 1234 1234", "138-1234-1234", "０１３８１２３４１２３４"[1:], "0086 13812341234"],
)
def test_one_number_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert phone_as_kept(typed) == "+8613812341234"


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "010 1234 5678", "+86 10 12345678", "1381234123x4", "138123412345", "9" * 400, "\x00"],
)
def test_what_no_message_can_be_sent_to_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(PhoneMalformed) as refusal:
        phone_as_kept(typed, field="new_phone")
    assert refusal.value.field == "new_phone"
    assert not typed or typed not in refusal.value.message
