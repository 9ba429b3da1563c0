"""Are archived months still what was sealed, and do balances lead from one to the next?"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from tael.foundation.db import Transaction
from tael.foundation.signing import is_signed
from tael.ledger.archives import Archive, Fingerprint, Manifest, entries_file, read_texts
from tael.ledger.blocks import blocks_of_range, leaves_in
from tael.ledger.proofs import digest_for
from tael.ledger.verification.evidence import FINDINGS_LIMIT, Evidence
from tael.ledger.verification.rows import differences, in_words

Balances = dict[tuple[str, str], int]


def closing_balances(archives: Sequence[Archive]) -> dict[int, int]:
    """Where the accounts, by number, stood when the last archived month ended; those at zero are left out."""
    try:
        return {no: minor for no, _, _, minor in archives[-1].read_manifest().balances} if archives else {}
    except ValueError:
        return {}  # the check of this month says so


async def check_months(
    tx: Transaction, archives: Sequence[Archive], evidence: Evidence | None
) -> AsyncIterator[tuple[str, list[str]]]:
    """Each archived month with what is wrong with it. One whose file is not at hand says so in its name."""
    expected_no, balances = 0, Balances()
    for archive in archives:
        try:
            manifest = archive.read_manifest()
        except ValueError:
            yield _as_signed(archive), [f"the manifest of {archive.name} makes no sense"]
            continue
        faults = _wrong_with(archive, manifest, evidence, expected_no)
        folder = evidence.archive_folder if evidence else None
        if folder is None or not entries_file(folder, archive.name).exists():
            yield (
                f"the archive of {archive.name} is not at hand: its signed closing balances stand for it",
                faults,
            )
        else:
            reader = _Reader(archive, manifest, balances)
            try:
                async for fault in reader.faults_in(tx, read_texts(entries_file(folder, archive.name))):
                    faults += [fault] if len(faults) < FINDINGS_LIMIT else []
            except (OSError, EOFError, ValueError) as error:
                faults.append(f"the file of {archive.name} cannot be read: {error}")
            yield _as_signed(archive), faults
        expected_no = archive.last_no + 1
        balances = {(code, currency): minor for _, code, currency, minor in manifest.balances}


def _as_signed(archive: Archive) -> str:
    return f"the archive of {archive.name} is as it was signed"


def _wrong_with(
    archive: Archive, manifest: Manifest, evidence: Evidence | None, expected_no: int
) -> list[str]:
    faults = []
    if (manifest.month, manifest.first_no, manifest.last_no) != (
        archive.name,
        archive.first_no,
        archive.last_no,
    ) or manifest.text != archive.manifest:
        faults.append(f"the manifest of {archive.name} is that of another month")
    if archive.first_no != expected_no:
        faults.append(f"the archive of {archive.name} begins with no. {archive.first_no}, not {expected_no}")
    if evidence is not None and (
        archive.key not in evidence.keys
        or not is_signed(manifest.signed_bytes(archive.key), archive.signature, by=archive.key)
    ):
        faults.append(f"the manifest of {archive.name} is not signed, or not by a key that is believed")
    return faults


class _Reader:
    """Goes through a file of entries once, beside the blocks that have sealed them."""

    def __init__(self, archive: Archive, manifest: Manifest, balances: Balances) -> None:
        self._archive = archive
        self._manifest = manifest
        self._balances = dict(balances)
        self._fingerprint = Fingerprint(digest_for(archive.key))

    async def faults_in(self, tx: Transaction, batches: Iterator[list[str]]) -> AsyncIterator[str]:
        """What is wrong with the entries of the file."""
        texts = (text for batch in batches for text in batch)
        first_no, last_no = self._archive.first_no, self._archive.last_no
        async for block in blocks_of_range(tx, first_no=first_no, last_no=last_no):
            numbers, leaves = await leaves_in(tx, block.header.no)
            sealed = {
                no: leaf for no, leaf in zip(numbers, leaves, strict=False) if first_no <= no <= last_no
            }
            rows = [(_number(text), text) for text in self._seen(islice(texts, len(sealed)))]
            for fault in await in_words(tx, differences(block.header, rows, sealed)):
                yield f"in the archive of {self._archive.name}: {fault}"
            for fault in self._replay(rows):
                yield fault
        if list(self._seen(texts)):
            yield f"the archive of {self._archive.name} has more entries than were sealed"
        found = (self._fingerprint.lines, self._fingerprint.hex)
        if found != (self._manifest.entries, self._manifest.digest):
            yield f"the file of {self._archive.name} is not the one whose manifest was signed"
        closing = {(code, currency): minor for _, code, currency, minor in self._manifest.balances}
        for name, minor in self._balances.items():
            if minor != closing.get(name, 0):
                yield (
                    f"{' '.join(name)} closes {self._archive.name} at {closing.get(name, 0)} by the manifest,"
                    f" and its entries lead to {minor}"
                )

    def _seen(self, texts: Iterator[str]) -> Iterator[str]:
        for text in texts:
            self._fingerprint.add([text])
            yield text

    def _replay(self, rows: Sequence[tuple[int, str]]) -> Iterator[str]:
        for _, text in rows:
            _, _, id, *_, posted, _ = json.loads(text)
            for _, code, currency, minor, after in posted or ():
                name = (code, currency)
                self._balances[name] = self._balances.get(name, 0) + minor
                if self._balances[name] != after:
                    yield f"after the archived entry {id} the balance of {code} does not replay"


def _number(text: str) -> int:
    number: int = json.loads(text)[1]
    return number
