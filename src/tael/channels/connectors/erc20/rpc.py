"""How do we ask a node, and what form has its answer? JSON-RPC 2.0, several questions in one message.

One message reaches one node even behind a balancer, so that the questions in it are answered from one view of the chain.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from tael.channels.port import ErrorClass, HttpRequest, HttpResponse

LARGEST_ANSWER = 8_000_000
"""Some twelve thousand transfers to one address: whoever sends dust pays for each of them."""
LIMIT_EXCEEDED = -32005
DEEPEST = 16
"""Of objects and lists within one another. Python's own limit may be so high that its stack breaks first."""

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
_STEPS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}

T = TypeVar("T")


def _pattern(digits: str) -> msgspec.Meta:
    return msgspec.Meta(pattern=rf"^0x[0-9a-fA-F]{{{digits}}}\Z")


Address = Annotated[str, _pattern("40")]
Hash = Annotated[str, _pattern("64")]
Quantity = Annotated[str, _pattern("1,64")]
Height = Annotated[str, _pattern("1,12")]
Seconds = Annotated[str, _pattern("1,9")]
Data = Annotated[str, msgspec.Meta(pattern=r"^0x(?:[0-9a-fA-F]{2})*\Z")]


class Unusable(Exception):
    """The answer as a whole says nothing; why, and whose fault it is."""

    def __init__(self, why: str, error_class: ErrorClass, code: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.error_class = error_class
        self.code = code


class Question(msgspec.Struct, frozen=True):
    """One call of a method."""

    method: str
    parameters: Sequence[object] = ()


class RpcError(msgspec.Struct, frozen=True):
    """What the node would not do."""

    code: int
    message: str = ""

    @property
    def words(self) -> str:
        """The node's words, fit to be shown."""
        return "".join(letter for letter in self.message[:200] if letter.isprintable())


class Block(msgspec.Struct, frozen=True):
    """A block's head."""

    number: Height
    hash: Hash
    timestamp: Seconds
    base_fee: Quantity | None = msgspec.field(default=None, name="baseFeePerGas")

    @property
    def height(self) -> int:
        """Its number."""
        return int(self.number, 16)

    @property
    def made_at(self) -> datetime:
        """When it was made, as its maker said."""
        return datetime.fromtimestamp(int(self.timestamp, 16), UTC)

    @property
    def fee_wei(self) -> int:
        """The chain's own price of a unit of gas."""
        return int(self.base_fee, 16) if self.base_fee else 0


class Log(msgspec.Struct, frozen=True, rename="camel"):
    """What a contract told."""

    address: Address
    topics: Annotated[list[Hash], msgspec.Meta(max_length=4)]
    data: Data
    block_number: Height
    block_hash: Hash
    transaction_hash: Hash
    log_index: Height
    removed: bool = False


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a transaction that is in a block."""

    transaction_hash: Hash
    block_number: Height
    block_hash: Hash
    status: Height
    logs: list[Log]


def message(url: str, questions: Sequence[Question], *, authorization: str = "") -> HttpRequest:
    """All questions in one message."""
    calls = [
        {"jsonrpc": "2.0", "id": position, "method": question.method, "params": question.parameters}
        for position, question in enumerate(questions, 1)
    ]
    headers = {"content-type": "application/json", "accept": "application/json"}
    if authorization:
        headers["authorization"] = authorization
    return HttpRequest(
        method="POST",
        url=url,
        headers=headers,
        body=msgspec.json.encode(calls),
        largest_answer=LARGEST_ANSWER,
    )


def read_answers(response: HttpResponse, count: int) -> list[object]:
    """The result of each question in order, or its `RpcError`; raises `Unusable`."""
    if response.status != 200:
        raise Unusable(
            f"The node answered with HTTP status {response.status}.",
            _STATUS_CLASSES.get(response.status, ErrorClass.CHANNEL),
            f"HTTP {response.status}",
        )
    answers = _loads(response.body)
    if isinstance(answers, dict):
        error = _error_in(answers)
        raise Unusable(f"The node answers none of it: {error.words}", class_of(error), str(error.code))
    if not isinstance(answers, list) or len(answers) != count:
        raise Unusable("The node's answer has not one part for each question.", ErrorClass.TRUST)
    by_position: dict[int, object] = {}
    for answer in answers:
        position = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(position, int) or isinstance(position, bool) or position in by_position:
            raise Unusable("The node's answer does not say what it answers.", ErrorClass.TRUST)
        by_position[position] = _error_in(answer) if answer.get("error") is not None else _result_in(answer)
    try:
        return [by_position[position] for position in range(1, count + 1)]
    except KeyError:
        raise Unusable("The node's answer is to other questions.", ErrorClass.TRUST) from None


def take(answer: object, form: type[T], what: str) -> T:
    """One answer in its form; raises `Unusable` if it is an error or has another form."""
    if isinstance(answer, RpcError):
        raise Unusable(f"The node does not tell {what}: {answer.words}", class_of(answer), str(answer.code))
    try:
        return msgspec.convert(answer, form)
    except (msgspec.ValidationError, RecursionError):
        raise Unusable(
            f"The node's answer about {what} has not its documented form.", ErrorClass.TRUST
        ) from None


def class_of(error: RpcError) -> ErrorClass:
    """Whose fault an error is, as far as its code says."""
    return ErrorClass.BUSY if error.code == LIMIT_EXCEEDED else ErrorClass.CHANNEL


_STATUS_CLASSES = {
    401: ErrorClass.ACCOUNT,
    402: ErrorClass.ACCOUNT,
    403: ErrorClass.ACCOUNT,
    429: ErrorClass.BUSY,
    503: ErrorClass.BUSY,
}


def _error_in(answer: dict[str, Any]) -> RpcError:
    try:
        return msgspec.convert(answer.get("error"), RpcError)
    except (msgspec.ValidationError, RecursionError):
        raise Unusable("The node's answer is neither results nor an error.", ErrorClass.TRUST) from None


def _result_in(answer: dict[str, Any]) -> object:
    if "result" not in answer:
        raise Unusable("The node's answer holds neither a result nor an error.", ErrorClass.TRUST)
    return answer["result"]


def _loads(body: bytes) -> object:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        depth += _STEPS.get(token[0], 0)
        if depth > DEEPEST:
            raise Unusable("The node's answer is nested too deeply.", ErrorClass.TRUST)
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=_each_name_once,
            parse_constant=_no_number,
            parse_float=str,
        )
    except (ValueError, RecursionError):
        raise Unusable("The node's answer is not JSON.", ErrorClass.TRUST) from None


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return named


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number that a node sends")
