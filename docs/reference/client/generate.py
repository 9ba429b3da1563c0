"""What does our client say of the API? The files of `tael.client.api`, made anew from the OpenAPI documents.

    .venv/bin/python -m docs.reference.client.generate

How things are called is in `names.py`. `tests/unit/test_client_made.py` fails while a file differs from what this makes.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from docs.reference.client.names import LEDGER, MERCHANTS, Resources
from docs.reference.client.nouns import Nouns
from docs.reference.client.operations import Operation, method, schema_of_answer
from docs.reference.generate import openapi_document
from tael.app.listeners import books_routes, public_routes
from tael.app.versions import VERSIONS

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "src" / "tael" / "client"
MADE = "Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file."
OWN = {"Exports", "Payments", "CheckoutSessions", "Charges"}
"""Resources to which `tael.client.api.waiting` adds what takes several calls."""
KINDS = {
    202: "Uncertain",
    401: "Unauthenticated",
    402: "Declined",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "Throttled",
    503: "Unavailable",
}
"""The kind of refusal that a status stands for, as `refusals.py` has it."""
SENDING = {
    "tael.client.calls": ("Call", "Noun", "Page", "Word", "change", "read"),
    "tael.client.bound": ("M", "Resource", "listing", "operation"),
    "collections.abc": ("Mapping", "Sequence"),
    "datetime": ("date", "datetime"),
    "typing": ("Any", "Literal"),
}
"""What a made file may import, and from where."""


def client_files() -> dict[str, str]:
    """The text of each file, by its path below `src/tael/client`."""
    merchants = msgspec.json.decode(openapi_document(public_routes))
    ledger = msgspec.json.decode(openapi_document(books_routes))
    files = _api(merchants, MERCHANTS, folder="api", root="Api", own=OWN)
    files |= _api(ledger, LEDGER, folder="ledger", root="Books", own=set())
    files["errors.py"] = _errors([merchants, ledger])
    files["version.py"] = (
        f'"""For which version of the API is the client written?\n\n{MADE}\n"""\n\nVERSION = "{VERSIONS.newest}"\n'
    )
    return formatted(files)


def _api(
    document: Mapping[str, Any], areas: Mapping[str, Resources], *, folder: str, root: str, own: set[str]
) -> dict[str, str]:
    """The files of one API."""
    operations = _operations(document)
    _check_names(operations, areas)
    nouns = Nouns(document["components"]["schemas"])
    files: dict[str, str] = {}
    where: dict[str, str] = {}
    for area, resources in areas.items():
        named = [operations[each] for methods in resources.values() for each in methods.values()]
        nouns.make_in_order([schema for each in named if (schema := nouns.item_of(schema_of_answer(each)))])
        classes = [
            _resource(name, methods, operations, nouns, document) for name, methods in resources.items()
        ]
        made = nouns.newly_used()
        where |= dict.fromkeys(made, area)
        text = "\n\n\n".join([*made.values(), *classes])
        files[f"{folder}/{area}.py"] = _file(
            area, text, {n: f"tael.client.{folder}.{a}" for n, a in where.items() if a != area}
        )
    names = {name: area for area, resources in areas.items() for name in resources}
    files[f"{folder}/__init__.py"] = _root(folder, root, names, own)
    files["types.py" if folder == "api" else f"{folder}/types.py"] = _types(folder, where)
    return files


def _operations(document: Mapping[str, Any]) -> dict[str, Operation]:
    return {
        said["operationId"]: Operation(method=verb.upper(), path=path, said=said)
        for path, verbs in document["paths"].items()
        for verb, said in verbs.items()
    }


def _check_names(operations: Mapping[str, Operation], areas: Mapping[str, Resources]) -> None:
    named = [
        each for resources in areas.values() for methods in resources.values() for each in methods.values()
    ]
    missing = operations.keys() - set(named)
    gone = set(named) - operations.keys()
    if missing or gone:
        raise ValueError(f"names.py: without a name {sorted(missing)}; without an operation {sorted(gone)}")


def _resource(
    name: str,
    methods: Mapping[str, str],
    operations: Mapping[str, Operation],
    nouns: Nouns,
    document: Mapping[str, Any],
) -> str:
    about = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    first = operations[next(iter(methods.values()))]
    tag = first.said["tags"][0]
    said = about.get(tag) or f"{tag}."
    body = "\n\n".join(method(short, operations[full], nouns) for short, full in methods.items())
    return f'class {name}(Resource[M]):\n    """{said}"""\n\n{body}'


def _file(area: str, text: str, elsewhere: Mapping[str, str]) -> str:
    """A whole file: what it is about, what it needs, its nouns and its calls."""
    sources: dict[str, list[str]] = {}
    words = set(_words(text))
    for module, names in SENDING.items():
        for name in sorted(words & set(names)):
            sources.setdefault(module, []).append(name)
    for name, module in sorted(elsewhere.items()):
        if name in words:
            sources.setdefault(module, []).append(name)
    imports = "\n".join(
        f"from {module} import {', '.join(names)}" for module, names in sorted(sources.items(), key=_order)
    )
    if "msgspec" in words:
        imports = f"import msgspec\n{imports}"
    return f'"""What can be asked about {area.replace("_", " ")}?\n\n{MADE}\n"""\n\n{imports}\n\n\n{text}\n'


def _order(line: tuple[str, Sequence[str]]) -> tuple[bool, str]:
    return line[0].startswith("tael."), line[0]


def _words(text: str) -> Sequence[str]:
    """The names in code; what stands in a docstring is not looked for."""
    code = re.sub(r'"""(?s:.*?)"""', "", text)
    return re.findall(r"[A-Za-z_]\w*", code)


def _root(folder: str, root: str, names: Mapping[str, str], own: set[str]) -> str:
    """What a client has: a resource of each kind."""
    homes: dict[str, list[str]] = {}
    for name, area in names.items():
        home = "tael.client.api.waiting" if name in own else f"tael.client.{folder}.{area}"
        homes.setdefault(home, []).append(name)
    imports = [f"from {home} import {', '.join(sorted(each))}" for home, each in sorted(homes.items())]
    lines = [f"        self.{_snake(name)} = {name}[M](sender)" for name in names]
    return "\n".join(
        [
            f'"""What can be asked?\n\n{MADE}\n"""\n',
            "from typing import Generic\n",
            "from tael.client.bound import M, Sender",
            *imports,
            f"\n\nclass {root}(Generic[M]):",
            '    """Every resource, bound to one client."""\n',
            "    def __init__(self, sender: Sender) -> None:",
            *lines,
            "",
        ]
    )


def _types(folder: str, where: Mapping[str, str]) -> str:
    """Every noun under one name."""
    homes: dict[str, list[str]] = {}
    for name, area in where.items():
        homes.setdefault(f"tael.client.{folder}.{area}", []).append(name)
    imports = [f"from {home} import {', '.join(sorted(names))}" for home, names in sorted(homes.items())]
    listed = ", ".join(f'"{name}"' for name in sorted(where))
    return (
        f'"""Of what does the API speak? Its nouns, in one place.\n\n{MADE}\n"""\n\n'
        + "\n".join(imports)
        + f"\n\n__all__ = [{listed}]\n"
    )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _errors(documents: Sequence[Mapping[str, Any]]) -> str:
    """A class for each code that an operation may refuse with."""
    kinds = sorted(re.findall(r"^class (\w+)", (CLIENT / "refusals.py").read_text("utf-8"), re.MULTILINE))
    codes: dict[str, tuple[int, str]] = {}
    for document in documents:
        for operation in _operations(document).values():
            for answer in operation.said["responses"].values():
                problems = answer.get("content", {}).get("application/problem+json", {})
                for example in problems.get("examples", {}).values():
                    codes[example["value"]["code"]] = example["value"]["status"], example["value"]["detail"]
    classes = {}
    for code, (status, meaning) in sorted(codes.items()):
        name = "".join(part.capitalize() for part in code.replace(".", "_").split("_"))
        kind = KINDS.get(status, "Broken" if status >= 500 else "Malformed")
        if name != kind:
            classes[name] = f'class {name}({kind}):\n    """{meaning}"""\n\n    CODE = "{code}"'
    listed = ", ".join(f'"{name}"' for name in sorted([*kinds, *classes]))
    question = (
        "Which refusals have a code of their own? Each is a class, below one of the kinds of `refusals.py`."
    )
    imports = f"from collections.abc import Mapping\n\nfrom tael.client.refusals import {', '.join(kinds)}"
    head = f'"""{question}\n\n{MADE}\n"""\n\n{imports}\n\n__all__ = [{listed}]'
    by_code = f"BY_CODE: Mapping[str, type[Refused]] = {{each.CODE: each for each in ({', '.join(classes)})}}"
    return "\n\n\n".join([head, *classes.values(), f'{by_code}\n"""What a code is raised as."""\n'])


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """The files as `ruff` lays them out."""
    ruff = [str(Path(sys.executable).parent / "ruff"), "--quiet", "--config", str(ROOT / "pyproject.toml")]
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for how in (["check", "--select", "I", "--fix", "--no-cache"], ["format", "--no-cache"]):
            subprocess.run([ruff[0], how[0], *ruff[1:], *how[1:], folder], check=True)
        return {name: Path(folder, name).read_text("utf-8") for name in files}


def write() -> None:
    """Make them."""
    for name, text in client_files().items():
        (CLIENT / name).parent.mkdir(exist_ok=True)
        (CLIENT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
