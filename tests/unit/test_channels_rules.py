"""Which channels move no real money, and which certificates are they told? Decided by what connectors will really do."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tael.channels.errors import ConnectorRefused
from tael.channels.port import ConnectorKind
from tael.channels.registry import BUILT_IN, connector_kinds, kind_of
from tael.channels.rules import certificates_in, moves_no_real_money, place_of_address
from tael.channels.usecases.equipment import equip, equip_anew
from tael.simulators.registry import SIMULATORS
from tael.testing.certificates import certificate_pem
from tael.testing.plugins import installed_plugin

HERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("address", [HERE, "http://localhost:1", "http://[::1]:8/", "https://127.8.8.8/x"])
def test_what_only_this_machine_can_reach_moves_no_real_money(address: str) -> None:
    assert moves_no_real_money([address, HERE])


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.com",
        "https://8.8.8.8",
        "http://10.1.2.3/x",
        "https://127.0.0.1.example.com",
        "http://127.0.0.1@example.com/",
        "http://[::1",
        "127.0.0.1",
        "api.example.com",
        "eip155:1",
        "",
    ],
)
def test_one_address_elsewhere_and_money_may_be_real(address: str) -> None:
    assert not moves_no_real_money([address])
    assert not moves_no_real_money([HERE, address])


def test_a_connector_that_says_no_address_may_move_real_money() -> None:
    assert not moves_no_real_money([], {"base_url": HERE})
    assert not moves_no_real_money([HERE], {"spare": ["", {"url": "https://api.example.com"}]})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which keys are made once."""
    return tmp_path_factory.mktemp("keys")


def told(name: str, keys: Path) -> tuple[dict[str, Any], dict[str, str]]:
    if name == "balance":
        return {"wallet_url": HERE}, {}  # its other side is our own wallets, not a simulator
    simulated, folder = SIMULATORS[name], keys / name
    return dict(simulated.settings(folder, HERE)), dict(simulated.credentials(folder, HERE))


@pytest.mark.parametrize("name", SIMULATORS)
def test_each_connector_at_its_simulator_moves_no_real_money(name: str, keys: Path) -> None:
    settings, credentials = told(name, keys)
    assert equip(SIMULATORS[name].connector, settings, credentials).simulated


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_each_connector_left_to_its_own_addresses_may_move_real_money(
    kind: ConnectorKind, keys: Path
) -> None:
    """The defaults of settings are the real channels: whoever says no address means them."""
    settings, credentials = told(kind.name, keys)
    fields = {field.name: field for field in msgspec.structs.fields(kind.settings)}
    if "return_url" in fields:
        settings["return_url"] = HERE
    changes: list[dict[str, Any]] = [
        {"chain_id": 56} if kind.name == "erc20" else {name: "https://gateway.example.com"}
        for name, value in settings.items()
        if name != "return_url" and (name == "chain_id" or str(value).startswith(HERE))
    ]
    assert changes
    for change in changes:
        elsewhere = {**settings, **change}
        for name in change:
            if not fields[name].required:
                del elsewhere[name]
        assert not equip(kind.name, elsewhere, credentials).simulated


def test_a_node_nearby_is_a_door_to_a_chain_where_money_is_real(keys: Path) -> None:
    settings, credentials = told("erc20", keys)
    assert credentials["rpc_url"].startswith(HERE)
    assert not equip("erc20", {**settings, "chain_id": 1, "token_address": USDC}, credentials).simulated


USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


def test_a_plugin_says_its_addresses_or_takes_two(tmp_path: Path) -> None:
    with installed_plugin(tmp_path / "speaks"):
        assert equip("others", {}, {}).simulated
        assert not equip("others", {"base_url": "https://api.example.com"}, {}).simulated
    with installed_plugin(tmp_path / "silent", addresses="()"):
        assert not equip("others", {}, {}).simulated


@pytest.mark.parametrize(
    "make", ["raise KeyError(credentials.secret)", "self.capabilities = None", "del self.capabilities"]
)
def test_whatever_a_plugin_fails_with_is_a_refusal_without_secrets(make: str, tmp_path: Path) -> None:
    with installed_plugin(tmp_path, make=make), pytest.raises(ConnectorRefused) as refused:
        equip("others", {}, {"secret": "hidden"})
    assert "hidden" not in refused.value.message


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('broken')", "RuntimeError"),
        ("KIND = 7", "not a ConnectorKind"),
        ("from tael.channels.connectors.alipay import KIND", "is taken"),
    ],
)
def test_a_package_that_cannot_be_loaded_hurts_no_other_connector(
    source: str, reason: str, tmp_path: Path
) -> None:
    with installed_plugin(tmp_path, source=source):
        assert connector_kinds().keys() >= {kind.name for kind in BUILT_IN}
        with pytest.raises(ConnectorRefused, match=reason):
            kind_of("others")
    with pytest.raises(ConnectorRefused, match="There is no connector"):
        kind_of("others")


def test_every_certificate_is_found_where_it_stands_first_to_end_first() -> None:
    late, soon = datetime(2036, 1, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)
    roots = certificate_pem(late, name="Root") + "a line between\n" + certificate_pem(soon, name="Middle")
    broken = "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----"
    found = certificates_in({"authorities": roots, "key": "-----BEGIN PUBLIC KEY-----", "other": [broken, 7]})
    assert [(each.field, each.subject, each.ends_at) for each in found] == [
        ("authorities", "CN=Middle", soon),
        ("authorities", "CN=Root", late),
    ]
    assert found[0].serial == "beef"
    assert found[0].starts_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("alipay", {"alipay_public_keys", "app_certificate", "root_certificates"}),
        ("unionpay", {"certificate", "authorities", "encryption_certificate"}),
        ("wechatpay", {"wechatpay_keys_pem"}),
        ("stripe", set()),
    ],
)
def test_the_certificates_of_each_channel_are_read_from_what_it_is_told(
    name: str, fields: set[str], keys: Path
) -> None:
    settings, credentials = told(name, keys)
    assert {each.field for each in equip(name, settings, credentials).certificates} == fields


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:hidden@node.example:8545/v3/hidden?key=hidden", "https://node.example:8545"),
        ("https://\u0430pi.example/", "https://xn--pi-6kc.example"),
        ("http://[::1]:8/", "http://[::1]:8"),
        ("eip155:1", "eip155:1"),
        ("hidden words", "://"),
        ("http://[::1", "an address that cannot be read"),
    ],
)
def test_of_an_address_nobody_is_shown_more_than_where_it_leads(address: str, shown: str) -> None:
    assert place_of_address(address) == shown


@pytest.mark.parametrize("name", ["alipay", "wechatpay", "erc20"])
def test_of_credentials_that_decide_where_money_goes_something_may_be_known(name: str, keys: Path) -> None:
    _, ours = told(name, keys)
    settings, theirs = told(name, keys / "theirs")
    first, second = equip(name, settings, ours).known, equip(name, settings, theirs).known
    assert [*first] == [*second] != []
    for field, texts in first.items():
        assert texts
        assert not {*texts} & {*second[field]}, "another key is known by something else"
        assert "PRIVATE" not in "".join(texts)
        assert not any(secret in text for secret in ours.values() for text in texts)


def test_a_public_key_of_a_channel_is_known_by_what_openssl_says_of_it(keys: Path) -> None:
    settings, credentials = told("alipay", keys)
    certificate = x509.load_pem_x509_certificate(credentials["alipay_public_keys"].encode())
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bare = {**credentials, "alipay_public_keys": base64.b64encode(public).decode()}
    expected = f"SHA-256 {hashlib.sha256(public).hexdigest()}"
    assert equip("alipay", settings, bare).known == {"alipay_public_keys": (expected,)}


@pytest.mark.parametrize(
    ("settings", "credentials", "where"),
    [
        ({"notice_max_age_secnds": 60}, {}, "settings"),
        ({}, {"app_certifcate": "x"}, "credentials"),
        ({"app_id": "2021\x00"}, {}, "settings"),
        ({"app_id": "2021\u202e"}, {}, "settings"),
        ({"notice_max_age_seconds": 10**30}, {}, "settings"),
    ],
)
def test_nothing_is_proposed_that_no_connector_reads_or_nobody_can_read(
    keys: Path, settings: dict[str, Any], credentials: dict[str, str], where: str
) -> None:
    good, secrets = told("alipay", keys)
    equip_anew("alipay", good, secrets)
    with pytest.raises(ConnectorRefused) as refused:
        equip_anew("alipay", {**good, **settings}, {**secrets, **credentials})
    assert refused.value.field == where
