"""What does Tael do? `make demo` starts everything, takes one payment end to end, and tells it as a story.

Nothing is staged: the story calls the real API over HTTP, the payer pays at the simulator of a channel, the signed
notice comes in, and what is shown of the books is read from the books.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import segno
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tael.app.cli_ledger_tables import trial_balance_table
from tael.app.demo_stage import (
    Stage,
    install_channels,
    install_what_pays_out,
    let_cards_be_used,
    open_stage,
)
from tael.app.house import House, open_house
from tael.app.post_office import POST_OFFICE
from tael.app.supervisor import database
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import Settings
from tael.foundation.errors import Unavailable
from tael.foundation.files import write_unless_there
from tael.foundation.money import Money
from tael.ledger.api import unbalanced_currencies
from tael.ledger.errors import NotSealedYet
from tael.ledger.model import PostedEntry
from tael.simulators.registry import DEMO_PAYS_OUT
from tael.staff.model import Role

LAST_LINE = "demo: payment captured, refunded, books balanced"
AMOUNT_MINOR, REFUND_MINOR = 6_800, 1_800
ACTOR = "operator:demo"
_A_DAY_SECONDS = 86_400
_LOOKS_FOR_SEAL, _SEAL_PAUSE_SECONDS = 100, 0.1


async def tell(settings: Settings, console: Console, *, keep_running: bool) -> bool:
    """Tell the story; true if the payment was captured and refunded and the books balance."""
    async with open_stage(settings, console, people=keep_running) as stage:
        async with (
            database(stage.settings) as urls,
            open_house(stage.settings, urls.application, application="tael demo") as house,
            aiohttp.ClientSession() as session,
        ):
            await let_cards_be_used(stage, urls.vault)
            story = _Story(stage, house, session, console)
            right = await story.tell()
            left = (await story.ask_again(), await story.hire()) if right and keep_running else None
            await install_what_pays_out(house, stage)
        if left is not None:
            _leave_running(stage, *left, console)
            await _until_interrupted()
    if right:
        console.print(LAST_LINE, markup=False)
    return right


class _Story:
    """Five steps, each shown as it happens."""

    def __init__(self, stage: Stage, house: House, session: aiohttp.ClientSession, console: Console) -> None:
        self.stage, self.house, self.session, self.console = stage, house, session, console

    async def tell(self) -> bool:
        """The whole story; true if it ended well."""
        self._step(1, "A merchant joins, and two channels")
        self.api = await self._merchant()
        await self._channels()
        self._step(2, "Its server asks to be paid")
        payment = await self._ask(wanted("order-1001", "龙井 Longjing, 50 g"))
        self._line(payment["state"], f"{payment['id']}; the payer goes to {payment['checkout_url']}")
        self._step(3, "The payer scans and pays")
        payment = await self._pay(payment["id"])
        self._step(4, "The merchant gives a part back")
        refund = await self._give_back(payment["id"])
        self._step(5, "The books")
        balanced = await self._show_books(payment["id"])
        payment = await self.api.get(f"/v1/payments/{payment['id']}")
        captured = payment["state"] == "captured" and payment["captured_minor"] == AMOUNT_MINOR
        refunded = refund["state"] == "succeeded" and payment["refunded_minor"] == REFUND_MINOR
        return captured and refunded and balanced

    async def ask_again(self) -> str:
        """A second payment that is left for whoever watches to pay; the address of its page."""
        asked = wanted("order-1002", "铁观音 Tieguanyin, 50 g", expires_in_seconds=_A_DAY_SECONDS)
        url: str = (await self._ask(asked))["checkout_url"]
        return url

    async def hire(self) -> dict[str, str]:
        """People for the console, because some things take two: what each is there for, with a new key."""
        staff, keys = self.house.staff, {}
        there = {member.email: member for member in await staff.everybody()}
        for name, role in (("Ann", Role.OPERATIONS), ("Bo", Role.RISK), ("Cy", Role.COMPLIANCE)):
            email = f"{name.lower()}@demo.example"
            if email in there:
                key = await staff.create_key(there[email].id, actor=ACTOR)
            else:
                key = (await staff.add(name, email=email, roles=[role], actor=ACTOR)).key
            keys[f"{name}, {role}"] = key.secret
        return keys

    async def _merchant(self) -> "_Api":
        merchant = await self.house.merchants.register(
            name="蓝茶壶 Blue Teapot", fee_basis_points=60, actor=ACTOR
        )
        key = await self.house.merchant_keys.create(merchant.id, actor=ACTOR)
        kept = key_file_of(self.stage.settings)
        kept.unlink(missing_ok=True)  # of the last demo
        write_unless_there(kept, key.secret.encode())
        self._line(merchant.name, f"{merchant.id}, fee 0.60 %, key {key.key.prefix}_…")
        return _Api(self.session, self.stage.settings.public_url, key.secret, self.console)

    async def _channels(self) -> None:
        """The simulators are told to the platform as any channel is, and it offers what they can do."""
        await install_channels(self.house, self.stage)
        offered: list[Any] = []
        while len(offered) < len(self.stage.simulators):
            offered = await self.api.get("/v1/methods")
            await asyncio.sleep(0.1)
        for each in offered:
            self._line(each["method"], f"offers {', '.join(each['products'])}")
        self.method = offered[0]["method"]

    async def _ask(self, wish: Mapping[str, object]) -> Any:
        return await self.api.post("/v1/payments", wish)

    async def _pay(self, payment_id: str) -> Any:
        attempt = await self.api.post(f"/v1/payments/{payment_id}/attempts", {"method": self.method})
        code_url = attempt["action"]["code_url"]
        _show_code(self.console, code_url)
        self._line("QR code", code_url)
        control = f"{self.stage.simulators[attempt['channel']]}/_control"
        paid_at = monotonic_seconds()
        async with self.session.post(f"{control}/pay", json={"code": code_url}) as reply:
            reply.raise_for_status()
        payment = await self.api.until(payment_id, "captured")
        milliseconds = round((monotonic_seconds() - paid_at) * 1000)
        async with self.session.get(f"{control}/orders/{attempt['id']}") as reply:
            notice = (await reply.json(content_type=None))["notices"][0]
        self._line("notice", f"{notice['notice_id']}: {notice['kind']}, signature verified, answered success")
        self._line(payment["state"], f"in the books {milliseconds} ms after the payer paid")
        return payment

    async def _give_back(self, payment_id: str) -> Any:
        wanted = {"amount_minor": REFUND_MINOR, "note": "one box came damaged"}
        refund = await self.api.post(f"/v1/payments/{payment_id}/refunds", wanted)
        to_payer, fee = Money(REFUND_MINOR, "CNY"), Money(refund["fee_returned_minor"], "CNY")
        self._line(
            refund["state"], f"{refund['id']}: {to_payer} to the payer, {fee} of the fee back to the merchant"
        )
        return refund

    async def _show_books(self, payment_id: str) -> bool:
        async with self.house.database.transaction() as tx:
            await tx.freeze()
            entries = await self.house.ledger.entries_about(tx, [payment_id])
            lines = await self.house.ledger.trial_balance(tx)
            findings = [finding async for _, found in self.house.ledger.verify(tx) for finding in found]
        self.console.print("What this payment did to each account, debits left, credits right:")
        self.console.print(Columns(t_accounts(entries), padding=(1, 3)))
        self.console.print(trial_balance_table(lines))
        for finding in findings:
            self.console.print(f"✗ {finding.check}: {finding.detail}", markup=False)
        if not findings:
            self.console.print(
                "✓ replayed from the first posting: every entry balances, every balance is right"
            )
        await self._show_proof(entries[0].id)
        return not findings and not unbalanced_currencies(lines)

    async def _show_proof(self, entry_id: str) -> None:
        """Wait until the first entry is sealed, which the platform does by itself every other second."""
        for _ in range(_LOOKS_FOR_SEAL):
            await self.house.books.seal()
            try:
                async with self.house.database.transaction() as tx:
                    proof = await self.house.ledger.prove(tx, entry_id)
            except NotSealedYet:
                await asyncio.sleep(_SEAL_PAUSE_SECONDS)
                continue
            key = self.house.books.signing_key().name
            self.console.print(
                f"✓ sealed in a block that {key[:20]}… has signed, {len(proof.path)} hashes below its root:"
            )
            self._line("proof", f"tael ledger prove {entry_id} > proof.json, for anybody to check offline")
            return

    def _step(self, number: int, title: str) -> None:
        self.console.print()
        self.console.rule(Text(f"{number}  {title}", style="bold"), align="left")

    def _line(self, head: str, text: str) -> None:
        show_line(self.console, head, text)


class _Api:
    """The merchant's server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str, console: Console) -> None:
        self._session, self._url, self._console = session, url, console
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        headers = self._headers | {"Idempotency-Key": f"demo-{os.urandom(8).hex()}"}
        async with self._session.post(self._url + path, json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
        self._console.print(
            Text(f"POST {path} {msgspec.json.encode(body).decode()}", style="cyan"), soft_wrap=True
        )
        self._console.print(Text(f"→ {response.status}", style="dim"))
        if response.status not in (200, 201):
            raise Unavailable(f"POST {path} answered {response.status}: {answer}")
        return answer

    async def get(self, path: str) -> Any:
        async with self._session.get(self._url + path, headers=self._headers) as response:
            return await response.json()

    async def until(self, payment_id: str, state: str) -> Any:
        deadline = monotonic_seconds() + 20
        while True:
            payment = await self.get(f"/v1/payments/{payment_id}")
            if payment["state"] == state:
                return payment
            if monotonic_seconds() > deadline:
                raise Unavailable(f"The payment is still {payment['state']}, not {state}.")
            await asyncio.sleep(0.02)


def wanted(reference: str, description: str, **others: object) -> Mapping[str, object]:
    """What the merchant's server asks for."""
    asked = {"amount_minor": AMOUNT_MINOR, "currency": "CNY", "reference": reference}
    return {**asked, "description": description, **others}


def key_file_of(settings: Settings) -> Path:
    """Where a demo keeps the key of its merchant, for whoever tries the API: for its owner alone, and in no log."""
    return settings.home / "merchant.key"


def one_more_payment(settings: Settings) -> str:
    """A command that asks for another payment with that key, and gives the address of its page."""
    body = msgspec.json.encode(wanted("order-1003", "Oolong, 50 g")).decode()
    return (
        f"curl -s {settings.public_url}/v1/payments -H 'Content-Type: application/json'"
        f' -H "Authorization: Bearer $(cat {key_file_of(settings)})" -H "Idempotency-Key: $(date +%s%N)"'
        f" -d '{body}' | grep -o 'http[^\"]*/pay/[^\"]*'"
    )


def t_accounts(entries: Sequence[PostedEntry]) -> list[Table]:
    """One T for each account that the entries touch."""
    accounts: dict[str, Table] = {}
    for entry in entries:
        for line in entry.postings:
            if line.code not in accounts:
                account = Table(
                    _short(line.code), "", box=box.SIMPLE_HEAD, header_style="bold", padding=(0, 1)
                )
                account.columns[1].justify = "right"
                accounts[line.code] = account
            amount = Money(abs(line.amount_minor), line.currency).decimal()
            sides = (
                (f"{entry.kind} {amount}", "") if line.amount_minor > 0 else ("", f"{amount} {entry.kind}")
            )
            accounts[line.code].add_row(*sides)
    return list(accounts.values())


def _short(code: str) -> str:
    """An account's code, with a long id in its middle cut."""
    return ":".join(part if len(part) <= 20 else f"{part[:8]}…{part[-4:]}" for part in code.split(":"))


def _show_code(console: Console, code_url: str) -> None:
    dots = segno.make(code_url, micro=False).matrix
    rows = [list(row) for row in dots] + ([[0] * len(dots[0])] if len(dots) % 2 else [])
    halves = {(0, 0): " ", (0, 1): "▄", (1, 0): "▀", (1, 1): "█"}
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        picture = "".join(
            halves[int(bool(top)), int(bool(bottom))] for top, bottom in zip(upper, lower, strict=True)
        )
        console.print(Text(f"   {picture}"))


def _leave_running(stage: Stage, checkout_url: str, staff: Mapping[str, str], console: Console) -> None:
    console.print()
    console.rule(Text("Still running", style="bold"), align="left")
    internal = f"http://{stage.settings.internal_listen}"
    for head, text in (
        ("pay it yourself", f"{checkout_url} (until tomorrow), or ask for another:"),
        ("", one_more_payment(stage.settings)),
        *((f"{channel}'s side", url) for channel, url in stage.simulators.items()),
        ("wallet", f"{stage.settings.public_url}/wallet, with any mobile number, such as 138 1234 1234"),
        ("its codes arrive at", f"{stage.providers[POST_OFFICE]}/inbox"),
        (
            "names and cards",
            f"{stage.providers['verification']}: whom you can be, and what goes wrong with whom",
        ),
        ("withdrawals end at", stage.providers[DEMO_PAYS_OUT]),
        ("API", f"{stage.settings.public_url}/docs"),
        (
            "portal",
            f"{stage.settings.public_url}/portal/sign-up (test mode: {stage.settings.public_url}/test/portal)",
        ),
        ("console", f"{internal}/console, with one of these keys:"),
        *((f"  {who}", key) for who, key in staff.items()),
        ("API for operations", f"{internal}/docs"),
        ("design system", f"{internal}/ui"),
        ("metrics", f"{internal}/metrics"),
        ("command line", f"TAEL_HOME={stage.settings.home} .venv/bin/tael ledger trial-balance"),
    ):
        show_line(console, head.ljust(20), text)
    console.print("Ctrl-C stops everything.")


def show_line(console: Console, head: str, text: str) -> None:
    """A word in green and what there is to say."""
    console.print(Text.assemble((f"{head}  ", "bold green"), text), soft_wrap=True)


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
