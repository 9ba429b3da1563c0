"""What must be true afterwards, whatever happened? Of what was acknowledged, of the rows, and of every answer."""

from collections import Counter

from tael.ledger.model import ALWAYS, Frozen, JournalEntry, Limit, Phase, Posting
from tael.testing.ledger_model import ModelLedger, Sums
from tael.testing.ledger_requests import WORLD
from tael.testing.simulation.life import Life
from tael.testing.simulation.server import Commit, Server
from tael.testing.simulation.statements import Row


def check(life: Life) -> None:
    """Raise `AssertionError` for the first thing that is not as it must be."""
    _check_receipts(life)
    _check_rows(life.server)
    _check_answers(life)


def _check_receipts(life: Life) -> None:
    """What was acknowledged is there, once, under its number."""
    entries = life.server.tables["entries"]
    by_id = Counter(row["id"] for row in entries.values())
    assert set(by_id.values()) <= {1}, "an entry is there twice"
    numbers = {row["id"]: row["no"] for row in life.server.tables["entry_ids"].values()}
    assert numbers == {row["id"]: row["no"] for row in entries.values()}
    for id, (_, no) in life.acknowledged.items():
        assert numbers.get(id) == no, f"{id} was acknowledged as {no} and is {numbers.get(id)}"


def _check_rows(server: Server) -> None:
    """Balances are what was posted, held is what has not ended, and nobody is past a limit that never changed."""
    tables = server.tables
    entries = {row["no"]: row for row in tables["entries"].values()}
    ended = Counter(row["regards_no"] for row in entries.values() if Phase(row["phase"]).ends_a_hold)
    assert set(ended.values()) <= {1}, "a hold was ended twice"
    open_holds = {row["entry_no"] for row in tables["open_holds"].values()}
    assert open_holds == {
        no for no, row in entries.items() if row["phase"] == "pending" and no not in ended
    }, "what holds is not what has not ended"
    sums = {row["no"]: Sums() for row in tables["accounts"].values()}
    per_currency: Counter[str] = Counter()
    accounts = {row["no"]: row for row in tables["accounts"].values()}
    for line in sorted(tables["postings"].values(), key=lambda row: (row["entry_no"], row["position"])):
        on_it = sums[line["account_no"]]
        on_it.balance += line["amount_minor"]
        on_it.dated += line["amount_minor"] if entries[line["entry_no"]]["effective_at"] else 0
        assert on_it.balance == line["balance_after_minor"], "a running balance is wrong"
        per_currency[accounts[line["account_no"]]["currency"]] += line["amount_minor"]
    assert not any(per_currency.values()), "debits and credits differ"
    for line in tables["holds"].values():
        if line["entry_no"] in open_holds:
            sums[line["account_no"]].hold(line["amount_minor"], 1)
    for row in tables["balances"].values():
        written = [row[f"{name}_minor"] for name in ("balance", "held_debits", "held_credits", "dated")]
        assert Sums(*written) == sums[row["account_no"]], "a balance is not its replay"
    _check_limits(server, sums)


def _check_limits(server: Server, sums: dict[int, Sums]) -> None:
    specs = {spec.name: spec for spec in WORLD}
    limits = Counter(row["account_no"] for row in server.tables["limits"].values())
    for row in server.tables["accounts"].values():
        spec = specs[row["code"], row["currency"]]
        if limits[row["no"]] > 1:
            continue
        least, most = sums[row["no"]].range(spec.account_class.normal_sign)
        assert spec.floor_minor is None or least >= spec.floor_minor, f"{spec.code} is overdrawn"
        assert spec.ceiling_minor is None or most <= spec.ceiling_minor, f"{spec.code} runs over"


def _check_answers(life: Life) -> None:
    """The model, given what was committed in that order, decides every batch as it was decided."""
    model = ModelLedger(WORLD)
    accounts: dict[int, Row] = {}
    done = 0
    for decision in sorted(life.decisions, key=lambda each: each.after_commits):
        for commit in life.server.commits[done : decision.after_commits]:
            _apply(model, commit, accounts)
        done = max(done, decision.after_commits)
        expected = model.copy().post(decision.entries, decision.first_no)
        assert list(decision.answers) == expected, (decision.entries, decision.answers, expected)
    for commit in life.server.commits[done:]:
        _apply(model, commit, accounts)


def _apply(model: ModelLedger, commit: Commit, accounts: dict[int, Row]) -> None:
    for row in commit.of("accounts"):
        name = (row["code"], row["currency"])
        accounts[row["no"]] = row
        model.accounts[name].frozen = Frozen(row["frozen"])
        if row["closed_at"] and not model.accounts[name].is_closed:
            assert model.close(name) == "", "an account was closed that is in use"
    for row in commit.of("limits"):
        if row["begins_at"] != ALWAYS:
            limit = Limit(
                begins_at=row["begins_at"], floor_minor=row["floor_minor"], ceiling_minor=row["ceiling_minor"]
            )
            account = accounts[row["account_no"]]
            model.accounts[account["code"], account["currency"]].limits.append(limit)
    for row in commit.of("closings"):
        model.closed_until = row["closed_until"]
    lines = [*commit.of("postings"), *commit.of("holds")]
    for row in sorted(commit.of("entries"), key=lambda row: row["no"]):
        of_it = [line for line in lines if line["entry_no"] == row["no"]]
        entry = _entry(model, row, sorted(of_it, key=lambda line: line["position"]), accounts)
        [answer] = model.post([entry], row["no"])
        assert answer.no == row["no"], (entry, answer)


def _entry(model: ModelLedger, row: Row, lines: list[Row], accounts: dict[int, Row]) -> JournalEntry:
    """An entry as it was booked."""
    phase = Phase(row["phase"])
    regards = next((each.entry.id for each in model.written if each.no == row["regards_no"]), None)
    postings = []
    for line in lines:
        account = accounts[line["account_no"]]
        postings.append(Posting(account["code"], account["currency"], line["amount_minor"]))
    return JournalEntry(
        id=row["id"],
        kind=row["kind"],
        reference=row["reference"],
        postings=tuple(postings),
        effective_at=row["effective_at"],
        metadata=row["metadata"],
        phase=phase,
        expires_at=lines[0]["expires_at"] if phase is Phase.PENDING else None,
        ends=regards if phase.ends_a_hold else None,
        reverses=None if phase.ends_a_hold else regards,
    )
