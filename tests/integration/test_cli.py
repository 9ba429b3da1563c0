"""Does the command line answer in one sentence and the right exit status, without a traceback?"""

from pathlib import Path

import psycopg

from tael.app.supervisor import DatabaseUrls
from tests.integration.bookkeeper import bookkeepers, sale
from tests.integration.commands import run_tael


async def tael(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, output and errors of one command in a process of its own."""
    done = await run_tael(*arguments, environment=environment)
    return done.status, done.output, done.errors


async def test_an_unknown_setting_ends_every_command_with_a_sentence() -> None:
    status, output, errors = await tael("config", TAEL_PUBLIC_LISTN="127.0.0.1:1")

    assert status == 2
    assert output == ""
    assert (
        errors.splitlines()[0] == "tael: TAEL_PUBLIC_LISTN is not a setting; did you mean TAEL_PUBLIC_LISTEN?"
    )
    assert "Traceback" not in errors


async def test_the_settings_are_printed_with_their_source_and_without_secrets(tmp_path: Path) -> None:
    status, output, _ = await tael(
        "config", TAEL_HOME=str(tmp_path), TAEL_DATABASE_URL="postgresql://tael:hunter2@db.example/tael"
    )

    assert status == 0
    [home] = [line for line in output.splitlines() if line.startswith("TAEL_HOME ")]
    assert str(tmp_path) in home
    assert "environment" in home
    assert "********" in output
    assert "hunter2" not in output


async def test_right_books_verify_with_status_0_and_altered_ones_with_1(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls) as [keeper]:
        await keeper.post(sale("e1", 1280), sale("e2", 20))

    right, output, errors = await tael("ledger", "verify", TAEL_DATABASE_URL=urls.application)
    assert right == 0, errors
    assert "✓ every running balance replays" in output
    assert output.splitlines()[-1] == "The books are right: 2 entries, 4 postings, 5 accounts."

    async with await psycopg.AsyncConnection.connect(urls.owner) as superuser:
        await superuser.execute("update ledger.balances set balance_minor = 7 where balance_minor = 1300")
    wrong, output, _ = await tael("ledger", "verify", TAEL_DATABASE_URL=urls.application)
    assert wrong == 1
    assert "bank CNY stands at 7 and replays to 1300" in output
    assert "The books are WRONG" in output


async def test_the_trial_balance_of_a_database_that_is_named_is_printed(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls) as [keeper]:
        await keeper.post(sale("e1", 1280))

    status, output, errors = await tael("ledger", "trial-balance", TAEL_DATABASE_URL=urls.application)

    assert status == 0, errors
    assert output.count("12.80") >= 4
    assert "Dr" in output
    assert "Cr" in output


async def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    nowhere = f"postgresql://tael:hunter2@/tael?host={tmp_path}"

    status, _, errors = await tael("ledger", "verify", TAEL_DATABASE_URL=nowhere)

    assert status == 2
    assert "Traceback" not in errors
    assert "hunter2" not in errors
    assert "tael: The database does not answer" in errors


async def test_a_schema_that_is_behind_is_told_and_not_worked_on(urls: DatabaseUrls) -> None:
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        await owner.execute("drop schema jobs cascade")

    checked, _, errors = await tael("migrate", "--check", TAEL_DATABASE_URL=urls.owner)
    assert checked != 0
    assert "jobs (procrastinate)" in errors
    assert "Traceback" not in errors

    applied, output, errors = await tael("migrate", TAEL_DATABASE_URL=urls.owner)
    assert applied == 0, errors
    assert "jobs (procrastinate)" in output
