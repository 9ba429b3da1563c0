"""What comes of settings and credentials? A connector that can speak, who signs for it, and what to know before it is used."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tael.channels.errors import ConnectorRefused
from tael.channels.model import CertificateInUse, SealedConfiguration
from tael.channels.port import Capabilities, Connector
from tael.channels.registry import KEYRINGS, kind_of
from tael.channels.rules import certificates_in, is_fit_to_keep, moves_no_real_money, place_of_address
from tael.channels.signer import Keyring
from tael.foundation.errors import Refusal
from tael.foundation.sealing import Sealer


class Equipment(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """All that it takes to speak to a channel."""

    connector: Connector
    keyring: Keyring | None
    """The private keys of transactions, for channels that have some."""
    simulated: bool
    """Whether it moves no real money: it can reach nobody but this machine."""
    certificates: tuple[CertificateInUse, ...]
    addresses: tuple[str, ...]
    """Where it leads: scheme and host of whomever it will talk to, and the networks behind them."""
    known: Mapping[str, Sequence[str]]
    """What anybody may know of credentials, by their names."""


def equip_anew(connector: str, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> Equipment:
    """The same as `equip` for what somebody has just written; refuses also what nobody would read.

    A name that no connector knows would be shown, approved and without effect: `largest_minr` is no limit.
    """
    kind = kind_of(connector)
    given = {"settings": (settings, kind.settings), "credentials": (credentials, kind.credentials)}
    for where, (told, form) in given.items():
        known = [field.encode_name for field in msgspec.structs.fields(form)]
        if unknown := [name for name in told if name not in known]:
            raise ConnectorRefused(
                f"{connector} knows nothing of {', '.join(repr(name[:40]) for name in unknown[:10])} in its {where}.",
                field=where,
                hint=f"It knows: {', '.join(known)}.",
            )
    for name, value in settings.items():
        if not is_fit_to_keep(value):
            raise ConnectorRefused(
                f"{name} holds characters that nobody can read, or a number that is too large.",
                field="settings",
            )
    return equip(connector, settings, credentials)


def equip(connector: str, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> Equipment:
    """Make everything, and use it once; refuses `ConnectorRefused` without telling a secret."""
    kind = kind_of(connector)
    try:
        told = msgspec.convert(dict(settings), kind.settings, strict=False)
        secrets = msgspec.convert(dict(credentials), kind.credentials)
        made = kind.make(told, secrets)
        if not isinstance(made.capabilities, Capabilities):
            raise ValueError("its connector does not say what it can do")
        addresses = kind.addresses(told, secrets)
        everything = {**msgspec.to_builtins(told), **msgspec.to_builtins(secrets)}
        return Equipment(
            connector=made,
            keyring=KEYRINGS[connector](secrets) if connector in KEYRINGS else None,
            simulated=moves_no_real_money(addresses, everything),
            certificates=certificates_in(everything),
            addresses=tuple(dict.fromkeys(map(place_of_address, addresses))),
            known=msgspec.convert(kind.known_of(secrets), dict[str, tuple[str, ...]]),
        )
    except (ValueError, msgspec.ValidationError) as error:
        raise ConnectorRefused(f"{connector} cannot be used like this: {error}.", field="settings") from None
    except Refusal:
        raise
    except Exception as error:  # somebody else's code: whatever it raises, other channels can be used
        raise ConnectorRefused(
            f"{connector} cannot be used like this: its connector fails with {type(error).__name__}.",
            field="settings",
        ) from None


def equip_from(sealer: Sealer, configuration: SealedConfiguration) -> Equipment:
    """What comes of a configuration; refuses `ConnectorRefused`, `SealBroken`."""
    credentials = open_credentials(sealer, configuration.channel, configuration.sealed)
    return equip(configuration.connector, configuration.settings, credentials)


def seal_credentials(sealer: Sealer, channel: str, credentials: Mapping[str, str]) -> bytes:
    """Credentials as they are kept."""
    return sealer.seal(msgspec.json.encode(credentials), about=_about(channel))


def open_credentials(sealer: Sealer, channel: str, sealed: bytes) -> dict[str, str]:
    """Credentials as the connector needs them; raises `SealBroken`."""
    return msgspec.json.decode(sealer.open(sealed, about=_about(channel)), type=dict[str, str])


def _about(channel: str) -> str:
    return f"the credentials of the channel {channel}"
