"""Is one act called the same in the audit trail, whether a page or a program asked for it?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tael
from tael.messages.api import ACTIONS as OF_MESSAGES
from tael.standing.api import ACTIONS as OF_STANDING

CODE = Path(tael.__file__).parent
DONE_BY = {"call", "once"}
"""What makes an act of a form; its third or fourth argument is the act's name."""

_VERB = re.compile(r"f'\w+\.\{\w+\}'")
"""One of several verbs of a context, as its routes name them, too."""


def test_a_page_of_the_wallet_calls_an_act_as_the_api_does() -> None:
    known = {*OF_MESSAGES.values(), *OF_STANDING.values(), *_named_by_routes()}
    named = dict(_named_by_pages())

    assert len(named) > 20
    assert {name: place for name, place in named.items() if name not in known} == {}


def _named_by_pages() -> Iterator[tuple[str, str]]:
    for file in (CODE / "web" / "wallet").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DONE_BY:
                for said in node.args[2:4]:
                    if isinstance(said, ast.JoinedStr) and not _VERB.fullmatch(ast.unparse(said)):
                        yield ast.unparse(said), file.name
                    if isinstance(said, ast.Constant):
                        yield str(said.value), file.name


def _named_by_routes() -> Iterator[str]:
    for context in ("identity", "wallets", "funding", "behaviour"):
        for file in (*(CODE / context).glob("http.py"), *(CODE / context / "http").glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value if "." in node.value else f"{context}.{node.value}"
