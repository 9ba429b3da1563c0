"""What if one bit of a message is wrong? Many are tried, and none may change what is learnt."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from tael.acceptance.line import is_signed_answer
from tael.acceptance.listener import Letter, Mailbox
from tael.channels.port import Conversation, HttpResponse, Outcome, OutcomeState, Reply, Signed

TRIED_PER_MESSAGE = 96
_STEP = 2_654_435_761
"""Knuth's multiplicative step: positions that are spread over the whole message, the same in each run."""


def believed_changes(
    begin: Callable[[], Conversation[Outcome]], answers: Sequence[HttpResponse | Signed], right: Outcome
) -> list[str]:
    """What the connector learnt from answers with one wrong bit, other than the truth or nothing."""
    found: list[str] = []
    again = _replay(begin(), answers)
    the_same_each_time = again == right
    for position, answer in enumerate(answers):
        if not isinstance(answer, HttpResponse) or not is_signed_answer(answer):
            continue
        for body, where in _with_one_bit_changed(answer.body):
            changed = [
                *answers[:position],
                msgspec.structs.replace(answer, body=body),
                *answers[position + 1 :],
            ]
            heard = _replay(begin(), changed)
            if isinstance(heard, str):
                found.append(f"With {where} it raised {heard}.")
            elif heard is not None and not _harmless(heard, right, with_action=the_same_each_time):
                found.append(f"It believed an answer with {where}: {heard.state}.")
    return found


def believed_letters(mailbox: Mailbox, letter: Letter) -> list[str]:
    """What the connector made of a notice with one wrong bit, other than the truth or a refusal."""
    found: list[str] = []
    for body, where in _with_one_bit_changed(letter.inbound.body):
        heard = mailbox.read(msgspec.structs.replace(letter.inbound, body=body), number=letter.number)
        if heard.bug:
            found.append(f"With {where} it raised {heard.bug}.")
        elif heard.notice is not None and heard.notice != letter.notice:
            found.append(f"It believed a notice with {where}.")
    return found


def _harmless(heard: Outcome, right: Outcome, *, with_action: bool) -> bool:
    """Whether nothing, or the truth, was learnt. What is made afresh each time (a nonce in an action) does not count."""
    if heard.state is OutcomeState.UNKNOWN or heard == right:
        return True
    return not with_action and msgspec.structs.replace(heard, action=right.action) == right


def _with_one_bit_changed(body: bytes) -> Iterator[tuple[bytes, str]]:
    bits = len(body) * 8
    for bit in sorted({count * _STEP % bits for count in range(TRIED_PER_MESSAGE)}) if bits else ():
        place, mask = bit // 8, 1 << bit % 8
        yield (
            body[:place] + bytes([body[place] ^ mask]) + body[place + 1 :],
            f"bit {bit % 8} of byte {place} wrong",
        )


def _replay(conversation: Conversation[Outcome], answers: Sequence[Reply]) -> Outcome | str | None:
    """What the conversation comes to with these answers; None if it asks for more; the error if it raises one."""
    try:
        next(conversation)
        for answer in answers:
            conversation.send(answer)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    except Exception as error:  # a connector may raise nothing of its own: that is a finding
        return f"{type(error).__name__}: {error}"
    finally:
        conversation.close()
    return None
