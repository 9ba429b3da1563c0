"""What does a node say that is on another chain, mixes things up, or finds our account empty?"""

from collections.abc import Sequence
from typing import Any

from tael.simulators.base import Fault
from tael.simulators.erc20.rpc import Question

_NOBODY = "0x" + "77" * 32
_NOUGHT = "0x" + "00" * 32


def falsified(
    questions: Sequence[Question], answers: list[dict[str, Any]], lies: frozenset[Fault], *, hot_wallet: bytes
) -> list[dict[str, Any]]:
    """The answers with those lies in them."""
    if not lies:
        return answers
    return [
        answer | {"result": _falsified(question, answer["result"], lies, hot_wallet)}
        if "result" in answer
        else answer
        for question, answer in zip(questions, answers, strict=True)
    ]


def _falsified(question: Question, result: Any, lies: frozenset[Fault], hot_wallet: bytes) -> Any:
    match question.method:
        case "eth_chainId" if Fault.WRONG_MERCHANT in lies:
            return "0x5"
        case "eth_getLogs" if Fault.WRONG_ORDER in lies:
            return [log | {"topics": [*log["topics"][:2], _NOBODY]} for log in result]
        case "eth_getTransactionReceipt" if Fault.WRONG_ORDER in lies and result is not None:
            return result | {"transactionHash": _NOBODY}
        case "eth_sendRawTransaction" if Fault.WRONG_ORDER in lies:
            return _NOBODY
        case "eth_call" if Fault.BALANCE_NOT_ENOUGH in lies and _asks_balance(question, hot_wallet):
            return _NOUGHT
        case _:
            return result


def _asks_balance(question: Question, hot_wallet: bytes) -> bool:
    data = str(question.params[0].get("data", ""))
    return data.startswith("0x70a08231") and data.endswith(hot_wallet.hex())
