"""`tael merchants keys`: give out, rotate, bind and take back the API keys of merchants."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, in_house, operator
from tael.foundation.http.signatures import ALGORITHMS, Algorithm
from tael.merchants.api import PRESETS, ApiKey, ChangeKey, NewApiKey, RevokeSigningKey, WantedKey
from tael.merchants.errors import KeyMalformed

app = typer.Typer(no_args_is_help=True, help="The API keys of merchants.")
signing = typer.Typer(
    no_args_is_help=True, help="The public keys by which requests with an API key may be signed."
)
app.add_typer(signing, name="signing")

MerchantId = Annotated[str, typer.Argument(help="mer_…")]
Prefix = Annotated[str, typer.Argument(help="tael_ and ten characters")]
Test = Annotated[bool, typer.Option("--test", help="In test mode")]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="A network (CIDR) in which it may be used; again for more"),
]


@app.command("create")
def create_key(
    merchant_id: MerchantId,
    *,
    name: Annotated[str, typer.Option(help="What it is for")] = "",
    preset: Annotated[str, typer.Option(help=f"One of: {', '.join(PRESETS)}")] = "full",
    scope: Annotated[
        list[str] | None, typer.Option(help="Instead of a preset: a permission; again for more")
    ] = None,
    address: Addresses = None,
    days: Annotated[int | None, typer.Option(help="After so many days it expires", min=1)] = None,
    publishable: Annotated[
        bool, typer.Option(help="It may be seen by everybody, and opens payers' pages only")
    ] = False,
    reads: Annotated[int | None, typer.Option(help="Reads a second, if not as usual")] = None,
    changes: Annotated[int | None, typer.Option(help="Changes a second, if not as usual")] = None,
    test: Test = False,
) -> None:
    """Make an API key and print it. It is shown this one time."""

    async def make(house: House) -> NewApiKey:
        if preset not in PRESETS:
            raise KeyMalformed(f"There is no preset {preset!r}.", hint=f"Presets are: {', '.join(PRESETS)}.")
        wanted = WantedKey(
            name=name,
            scopes=tuple(scope) if scope else PRESETS[preset],
            addresses=tuple(address or ()),
            expires_at=house.clock.now() + timedelta(days=days) if days else None,
            publishable=publishable,
            reads_per_second=reads,
            changes_per_second=changes,
        )
        return await house.merchant_keys.create(merchant_id, wanted=wanted, actor=operator())

    made = in_house(make, test=test)
    if made is not None:
        console.print(made.secret)


@app.command("list")
def list_keys(merchant_id: MerchantId, test: Test = False) -> None:
    """A merchant's keys: what they may do, and when and from where they were used."""
    table = Table("prefix", "name", "may", "created", "last used", "from", "ends", box=None, pad_edge=False)
    for key in in_house(lambda house: house.merchant_keys.of(merchant_id), test=test) or []:
        may = (
            "show pages" if key.publishable else "everything" if key.scopes is None else ", ".join(key.scopes)
        )
        moments = _shown(key.created_at), _shown(key.last_used_at)
        table.add_row(key.prefix, key.name, may, *moments, key.last_used_from or "–", _end_of(key))
    console.print(table)


@app.command("rotate")
def rotate_key(
    prefix: Prefix,
    overlap_hours: Annotated[
        int, typer.Option(help="For so long the secret that it has is good, too", min=0, max=168)
    ] = 24,
) -> None:
    """Give a key another secret and print it. It is shown this one time."""
    overlap = timedelta(hours=overlap_hours)
    made = in_house(
        lambda house: house.merchant_keys.rotate(prefix, overlap=overlap, actor=operator()),
        test=_is_test(prefix),
    )
    if made is not None:
        console.print(made.secret)


@app.command("change")
def change_key(
    prefix: Prefix,
    *,
    name: Annotated[str | None, typer.Option(help="What it is for")] = None,
    address: Addresses = None,
    anywhere: Annotated[bool, typer.Option(help="Let it be used anywhere again")] = False,
    must_sign: Annotated[
        bool | None, typer.Option(help="Whether a request without a signature is refused")
    ] = None,
    version: Annotated[str | None, typer.Option(help="The version of the API that it speaks")] = None,
) -> None:
    """Change what a key asks of its requests."""
    addresses = () if anywhere else tuple(address) if address else None
    in_house(
        lambda house: house.merchant_keys.do(
            house.merchant_keys.change(
                ChangeKey(
                    merchant_id=None,
                    prefix=prefix,
                    name=name,
                    addresses=addresses,
                    must_sign=must_sign,
                    version=version,
                )
            ),
            actor=operator(),
        ),
        test=_is_test(prefix),
    )


@app.command("revoke")
def revoke_key(prefix: Prefix) -> None:
    """End a key: within seconds nobody is let in with it."""
    in_house(lambda house: house.merchant_keys.revoke(prefix, actor=operator()), test=_is_test(prefix))


@signing.command("add")
def add_signing_key(
    prefix: Prefix,
    public_key: Annotated[Path, typer.Argument(help="A PEM file, from `openssl pkey -pubout`", exists=True)],
    algorithm: Annotated[
        str, typer.Option(help="ed25519, rsa-pss-sha512, rsa-v1_5-sha256, sm2-sm3")
    ] = "ed25519",
    name: Annotated[str, typer.Option(help="Whose it is")] = "",
) -> None:
    """Register a public key and print its id, the `keyid` of signatures."""

    async def add(house: House) -> str:
        keys = house.merchant_keys
        command = keys.signing_key(
            None, prefix, name=name, algorithm=_algorithm(algorithm), public_key=public_key.read_text("ascii")
        )
        await keys.do(command, actor=operator())
        return command.key.id

    made = in_house(add, test=_is_test(prefix))
    if made is not None:
        console.print(made)


@signing.command("revoke")
def revoke_signing_key(prefix: Prefix, id: Annotated[str, typer.Argument(help="sgk_…")]) -> None:
    """Believe a public key no longer."""
    command = RevokeSigningKey(merchant_id=None, prefix=prefix, id=id)
    in_house(lambda house: house.merchant_keys.do(command, actor=operator()), test=_is_test(prefix))


def _is_test(prefix: str) -> bool:
    """Keys say themselves which mode they open."""
    return prefix.startswith("tael_test_")


def _algorithm(text: str) -> Algorithm:
    for known in ALGORITHMS:
        if text == known:
            return known
    raise KeyMalformed(f"There is no algorithm {text!r}.", hint=f"Algorithms are: {', '.join(ALGORITHMS)}.")


def _shown(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "–"


def _end_of(key: ApiKey) -> str:
    if key.revoked_at:
        return f"revoked {_shown(key.revoked_at)}"
    return _shown(key.expires_at)
