"""Does each order have its own address, which only the holder of the private key can spend from?"""

import pytest
from eth_account import Account
from eth_account.hdaccount.deterministic import HDPath
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.channels.connectors.erc20.keyring import Keyring
from tael.channels.connectors.erc20.keys import (
    ExtendedKey,
    address_at,
    path_of,
    public_of,
    read_address,
    read_extended,
    with_checksum,
)
from tael.simulators.erc20.wallets import Merchant

# BIP-32, test vector 2: m, m/0, and the private key of m.
M = "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB"
M_0 = "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH"
M_PRIVATE = "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U"
MERCHANT = Merchant(seed=bytes(range(32)))


def test_a_child_is_the_one_of_the_published_vector() -> None:
    assert ExtendedKey.read(M).child(0) == ExtendedKey.read(M_0)
    assert public_of(M_PRIVATE) == ExtendedKey.read(M)


@given(st.lists(st.integers(0, 2**31 - 1), max_size=5))
@settings(max_examples=25, deadline=None)
def test_both_sides_derive_the_same_address(path: list[int]) -> None:
    """Ours from the public key, eth-account's from the seed."""
    account = ExtendedKey.read(MERCHANT.account_key)
    private = HDPath("/".join(["m/44'/60'/0'", *map(str, path)])).derive(MERCHANT.seed)

    assert account.at(tuple(path)).address == Account.from_key(private).address


@given(st.text(max_size=64), st.text(max_size=64))
@settings(max_examples=200, deadline=None)
def test_two_orders_never_share_a_path(one: str, two: str) -> None:
    assert (path_of(one) == path_of(two)) == (one == two)
    assert path_of(one)[0] == 1
    assert all(0 <= part < 2**31 for part in path_of(one))


def test_the_hot_wallet_is_the_first_address_of_any_wallet() -> None:
    """Path m/44'/60'/0'/0/0 of the well-known test phrase, as every wallet shows it."""
    Account.enable_unaudited_hdwallet_features()
    phrase = "test test test test test test test test test test test junk"
    from_phrase = Account.from_mnemonic(phrase, account_path="m/44'/60'/0'/0/0").address

    assert from_phrase == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert MERCHANT.hot_wallet == address_at(ExtendedKey.read(MERCHANT.account_key), (0, 0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xpub",
        M[:-1],
        M[:-1] + "C",
        M_PRIVATE,
        "0" * 111,
        "z" * 111,
        "z" * 5_000,
        M.replace("xpub", "ypub"),
    ],
)
def test_what_is_no_extended_public_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        ExtendedKey.read(text)

    assert not text or text not in str(refusal.value)


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=130))
@settings(max_examples=200, deadline=None)
def test_nothing_but_value_errors_comes_of_rubbish(text: str) -> None:
    with pytest.raises(ValueError):
        read_extended(text)


def test_addresses_carry_the_checksum_of_the_standard() -> None:
    """Examples of EIP-55."""
    for address in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ):
        assert with_checksum(address[2:].lower()) == address
        assert read_address(address) == read_address(address.lower()) == address
        with pytest.raises(ValueError, match="mistyped"):
            read_address(address[:2] + address[2:].swapcase())


@pytest.mark.parametrize(
    "text", ["", "0x", "0x12", "0x" + "g" * 40, "0x" + "1" * 41, " 0x" + "1" * 40, "0x" + "1" * 40 + "\n"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="40 hexadecimal"):
        read_address(text)


def test_the_key_ring_signs_for_the_address_of_the_path() -> None:
    ring = Keyring(MERCHANT.signing_key, ExtendedKey.read(MERCHANT.account_key))
    path = path_of("att_1")
    words: dict[str, str | int] = {
        "path": "/".join(map(str, path)),
        "chain_id": 1,
        "to": "0x" + "11" * 20,
        "value": 5,
        "data": "0x",
        "gas": 21_000,
        "fee_wei": 10,
        "tip_wei": 1,
    }
    one, two = ring.sign(words, nonce=7), ring.sign(words, nonce=7)

    assert one == two
    assert Account.recover_transaction(one.raw) == MERCHANT.address_of("att_1")
    assert ring.account_of(words) == f"1:{MERCHANT.address_of('att_1')}"
    assert "xprv" not in repr(ring)


def test_a_key_ring_of_another_account_is_refused() -> None:
    with pytest.raises(ValueError, match="not the one of the account key"):
        Keyring(M_PRIVATE, ExtendedKey.read(MERCHANT.account_key))
    with pytest.raises(ValueError, match="xprv"):
        Keyring(MERCHANT.account_key, ExtendedKey.read(MERCHANT.account_key))
