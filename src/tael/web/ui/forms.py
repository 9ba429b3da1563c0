"""What did somebody send with a form? Strictly: from our own page, each name once, into the struct that is wanted."""

import base64
import hmac
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from tael.foundation.errors import Forbidden, Malformed, Refusal
from tael.foundation.http.wording import meanings_of, refusal_of
from tael.web.ui.pages import PageRequest

FORM_MARK = "form_mark"
"""Under which name the state of a request holds the token of its session."""
_TOKEN, _ONCE = "_token", "_once"
_LONGEST_FORM = 1_000_000
_MOST_FIELDS = 500
_DEEPEST = 4
_LONGEST_FILE_NAME = 128

S = TypeVar("S", bound=msgspec.Struct)


class Forged(Forbidden):
    """A form that our page of this session did not send."""

    code = "console.forged"


def new_name() -> str:
    """A name for one form on one page."""
    return secrets.token_urlsafe(16)


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed, and what was said to it. `Form()` is one that nobody has filled in yet."""

    values: Mapping[str, str | Sequence[str]] = {}
    refusal: Refusal | None = None
    once: str = msgspec.field(default_factory=new_name)
    """The name of this form: sent twice, it is done once."""

    def text(self, name: str, otherwise: object = "") -> str:
        """What was typed into a field, or `otherwise` if the form is new."""
        given = self.values.get(name, "" if self.values else str(otherwise))
        return given if isinstance(given, str) else ", ".join(given)

    def has(self, name: str, value: str) -> bool:
        """Whether `value` was chosen in a field that takes several."""
        given = self.values.get(name, ())
        return value == given if isinstance(given, str) else value in given

    def is_wrong(self, name: str) -> bool:
        """Whether the refusal is about this field."""
        return self.refusal is not None and self.refusal.field == name

    def refused(self, refusal: Refusal, *, secret: Collection[str] = ()) -> "Form":
        """The same to be filled in again, without what was typed into the fields that are `secret`."""
        kept = {name: given for name, given in self.values.items() if name not in secret}
        return Form(values=kept, refusal=refusal)

    def into(self, wanted: type[S], *, within: str = "") -> S:
        """What was typed as a `wanted`; refuses `Malformed` that names the field, without `within`, which the page leaves out."""
        try:
            return msgspec.convert(_nested(self.values), wanted, strict=False)
        except msgspec.ValidationError as error:
            refusal = refusal_of(str(error), meanings=meanings_of(wanted))
        field = refusal.field or ""
        shown = _on_page(field).removeprefix(within)
        message = refusal.message.replace(field, shown) if shown else refusal.message
        on_page = Malformed(message, field=shown or None, hint=refusal.hint)
        on_page.fault, on_page.bound = refusal.fault, refusal.bound
        raise on_page


async def read_form(request: PageRequest) -> Form:
    """What was sent, by a page of this session; refuses `Forged` and `Malformed`."""
    values = await _values(request)
    given, token = str(values.pop(_TOKEN, "")), request.scope["state"].get(FORM_MARK, "")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise Forged("This form was not sent from a page of your session.", hint="Open the page again.")
    sent = str(values.pop(_ONCE, ""))
    if not 16 <= len(sent) <= 64 or not sent.isascii() or not sent.isprintable():
        raise Malformed("The form has no name of its own.", field=_ONCE)
    return Form(values=values, once=sent)


async def read_open_form(request: PageRequest) -> Form:
    """What somebody sent who has no session yet, and so no token: the caller asks the browser where it comes from."""
    values = await _values(request)
    return Form(values={name: given for name, given in values.items() if name not in (_TOKEN, _ONCE)})


async def _values(request: PageRequest) -> dict[str, str | list[str]]:
    with_files = request.content_type[0] == RequestEncodingType.MULTI_PART
    return _by_name(await _with_files(request) if with_files else _pairs(await request.body()))


def _pairs(body: bytes) -> list[tuple[str, str]]:
    if len(body) > _LONGEST_FORM:
        raise Malformed(f"A form has at most {_LONGEST_FORM} bytes.")
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Malformed("This is no form.") from None


async def _with_files(request: PageRequest) -> list[tuple[str, str]]:
    """Texts, and files in base64. An empty `name` is the name of the file."""
    try:
        sent = list((await request.form()).multi_items())
        _utf8([each for name, given in sent for each in (name, given if isinstance(given, str) else "")])
    except HTTPException as error:
        if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            raise
        raise Malformed("This is no form.") from None
    except (ValueError, LookupError):  # also in a charset that nobody knows
        raise Malformed("This is no form.") from None
    pairs: dict[str, str] = {}
    file_name = ""
    for name, given in sent[:_MOST_FIELDS]:
        if name in pairs:
            raise Malformed(f"{name[:64]} stands in the form more than once.", field=name[:64])
        if isinstance(given, UploadFile):
            pairs[name] = base64.b64encode(await given.read()).decode()
            file_name = given.filename[:_LONGEST_FILE_NAME]
        else:
            pairs[name] = str(given)
    if "name" in pairs:
        pairs["name"] = pairs["name"] or file_name
    return list(pairs.items())


def _utf8(texts: Sequence[str]) -> None:
    """Refuses halves of characters, which some charsets let through; raises `UnicodeEncodeError`."""
    for text in texts:
        text.encode()


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Each name once, but for those of lists."""
    lists: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for name, raw in pairs:
        text = raw.replace("\r\n", "\n")
        if name.endswith("[]"):
            lists.setdefault(name.removesuffix("[]"), []).append(text)
        elif name in texts:
            raise Malformed(f"{name[:64]} stands in the form more than once.", field=name[:64])
        else:
            texts[name] = text
    return lists | texts


def _nested(values: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """`{"a.0.b": "x"}` as `{"a": [{"b": "x"}]}`; what is empty is left out."""
    tree: dict[str, Any] = {}
    for name, given in values.items():
        kept = given if isinstance(given, str) else [each for each in given if each]
        if not kept:
            continue
        *path, last = name.split(".", _DEEPEST)
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
            if not isinstance(branch, dict):
                raise Malformed(f"{name[:64]} does not fit.", field=name[:64])
        branch[last] = kept
    return {name: _lists(branch) for name, branch in tree.items()}


def _on_page(field: str) -> str:
    """`a[0].b` as the page calls it: `a.0.b`; one of a list is the list."""
    return re.sub(r"\[(\d+)\]", r".\1", re.sub(r"\[\d+\]$", "", field))


def _lists(branch: Any) -> Any:
    """Branches whose names are numbers are lists, in their order."""
    if not isinstance(branch, dict):
        return branch
    inner = {name: _lists(each) for name, each in branch.items()}
    if all(name.isdecimal() and len(name) <= 4 for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
