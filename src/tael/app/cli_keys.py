"""`tael keys`: the keys that seal what this installation keeps of people, and those of its blind indexes.

They lie in `home/keys`. A new one seals from now on; what older ones sealed is sealed anew while the platform works. Old
keys are kept: what lies in backups opens with them.
"""

from typing import Annotated

import typer
from rich.progress import Progress as Bar

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.resealing import Resealed

app = typer.Typer()

OfTest = Annotated[bool, typer.Option("--test", help="The keys of test mode")]


@app.command()
def state(*, test: OfTest = False) -> None:
    """Which keys are in use, and how much is still under older ones."""
    found = in_house(_state, test=test)
    if found is not None:
        console.print(found)


@app.command()
def rotate(
    *,
    indexes: Annotated[
        bool, typer.Option("--indexes", help="A new key of blind indexes, too: every index is made anew")
    ] = False,
    test: OfTest = False,
) -> None:
    """Make a new key and seal everything anew with it. Stopped halfway, `tael keys reseal` goes on, or the nightly job."""

    async def work(house: House) -> Resealed:
        people, made = house.people, [f"sealing key {house.sealer.add_key()}"]
        if indexes:
            made.append(f"index key {people.personal.add_index_key()}")
        async with house.database.transaction() as tx:
            for each in made:
                await audit.record(tx, [_line(house, f"made {each}")])
        errors.print(f"made {' and '.join(made)}")
        return await _reseal(house)

    _say(in_house(work, test=test))


@app.command()
def reseal(*, test: OfTest = False) -> None:
    """Seal anew what is still under an older key."""
    _say(in_house(_reseal, test=test))


async def _state(house: House) -> str:
    people = house.people
    keys = f"sealing key {house.sealer.newest_key()}, index key {people.personal.newest_index_key()}"
    return f"{keys}; {await people.resealing.left()} fields under older keys"


async def _reseal(house: House) -> Resealed:
    with Bar(console=errors) as bar:
        tasks = {
            name: bar.add_task(name, total=1)
            for column in house.people.resealing.columns
            for name in [f"{column.place}.{column.field}"]
        }

        def tell(name: str, done: int, of: int) -> None:
            bar.update(tasks[name], completed=done, total=of)

        return await house.people.resealing.run(tell)


def _line(house: House, done: str) -> AuditEvent:
    return AuditEvent(
        happened_at=house.clock.now(), actor=operator(), action="keys.rotate", object_id=done, result="done"
    )


def _say(done: Resealed | None) -> None:
    if done is None:
        return
    console.print(f"{done.anew} fields sealed anew")
    for each in done.broken:
        errors.print(f"does not open: {each}")
    if done.broken:
        raise typer.Exit(1)
