"""A payer says that they do not owe us the money."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256

import msgspec

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Words
from tael.acceptance.scenarios.story import Story, paid, told_about
from tael.acceptance.scene import PATIENCE_SECONDS, NotTried, Scene
from tael.channels.port import (
    Capabilities,
    Dispute,
    Evidence,
    EvidenceFile,
    Operation,
    Order,
    OutcomeState,
    Request,
)

_S = OutcomeState
_FILE = b"%PDF-1.7\n% proof of delivery\n"


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of disputes."""
    can = capabilities.operations
    yield Story(
        name="dispute.evidence",
        title=Words("Answer a dispute", "对争议提交证据"),
        subject=Operation.SUBMIT_EVIDENCE,
        play=_answer,
        promised=Operation.SUBMIT_EVIDENCE in can,
    )
    files = sorted(capabilities.evidence_files)
    yield Story(
        name="dispute.file",
        title=Words("Answer a dispute with a file", "以文件对争议提交证据"),
        subject=Operation.SUBMIT_EVIDENCE,
        play=partial(_answer_with_file, field=files[0] if files else ""),
        promised=Operation.SUBMIT_EVIDENCE in can and bool(files),
    )
    yield Story(
        name="dispute.inquire",
        title=Words("Ask for a dispute", "查询争议"),
        subject=Operation.INQUIRE_DISPUTE,
        play=_inquire,
        promised=Operation.INQUIRE_DISPUTE in can,
    )


async def _disputed(scene: Scene) -> tuple[Order, Dispute]:
    """A paid order that its payer disputes, and how the channel tells us of it."""
    order = await paid(scene)
    try:
        await scene.desk.control.act("dispute", {"order": order.order_number})
    except ControlRefused as refusal:
        raise NotTried("The simulator has no payers who dispute.") from refusal
    await scene.desk.mailbox.wait_for(
        order.order_number,
        lambda letters: any(
            letter.notice and letter.notice.outcome and letter.notice.outcome.dispute for letter in letters
        ),
        seconds=PATIENCE_SECONDS,
    )
    told = [outcome.dispute for outcome in await told_about(scene, order) if outcome.dispute]
    scene.require(bool(told), "to be told of the dispute", "nothing")
    return order, told[0]


def _about(scene: Scene, order: Order, dispute: Dispute, operation: Operation) -> Request:
    evidence = Evidence(dispute_number=dispute.dispute_number, texts=scene.desk.props.evidence)
    return Request(operation=operation, order=order, evidence=evidence)


async def _answer(scene: Scene) -> None:
    order, dispute = await _disputed(scene)
    scene.require(dispute.amount == order.amount, f"disputed: {order.amount}", f"disputed: {dispute.amount}")
    outcome = await scene.attempt(_about(scene, order, dispute, Operation.SUBMIT_EVIDENCE))
    if not scene.ends_here(outcome):
        scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)


async def _answer_with_file(scene: Scene, *, field: str) -> None:
    order, dispute = await _disputed(scene)
    file = EvidenceFile(media_type="application/pdf", digest=sha256(_FILE).hexdigest(), content=_FILE)
    request = _about(scene, order, dispute, Operation.SUBMIT_EVIDENCE)
    evidence = msgspec.structs.replace(request.the_evidence(), files={field: file})
    outcome = await scene.attempt(msgspec.structs.replace(request, evidence=evidence))
    if not scene.ends_here(outcome):
        scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)


async def _inquire(scene: Scene) -> None:
    order, dispute = await _disputed(scene)
    outcome = await scene.attempt(_about(scene, order, dispute, Operation.INQUIRE_DISPUTE))
    scene.require(outcome.dispute is not None, "where the dispute stands", "nothing")
