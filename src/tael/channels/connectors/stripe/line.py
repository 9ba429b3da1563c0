"""How is one call made? A form or a query under the pinned version, an idempotency key on every POST, a checked answer.

Stripe says itself whether a call may be sent again (`Stripe-Should-Retry`); if so we do it once, at once, under the
same key. Whoever wants to wait longer inquires.
"""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

from tael.channels.connectors.stripe.meanings import ERROR_CODES
from tael.channels.connectors.stripe.objects import (
    ErrorAnswer,
    FileObject,
    Intent,
    Page,
    PayoutObject,
    RefundObject,
    Session,
    Trouble,
    Unreadable,
    convert,
    decode,
)
from tael.channels.connectors.stripe.settings import API_VERSION, Access
from tael.channels.connectors.stripe.values import read_words
from tael.channels.port import (
    CardOfVault,
    Conversation,
    ErrorClass,
    ErrorMeaning,
    EvidenceFile,
    HttpRequest,
    HttpResponse,
    Request,
    ask,
    unknown_outcome,
)
from tael.channels.port.outcomes import Outcome

T = TypeVar("T")
Made = TypeVar("Made", Intent, Session, RefundObject, PayoutObject)
Fields = Mapping[str, str | int]
LARGEST_ANSWER = 1_000_000
LARGEST_PAGE = 4_000_000
PER_PAGE = 100


class StripeRefused(Exception):
    """An answer that is not 200: its status, and what it says if it says it in the documented form."""

    def __init__(self, status: int, trouble: Trouble | None) -> None:
        super().__init__(status)
        self.status = status
        self.trouble = trouble

    @property
    def code(self) -> str | None:
        """The most precise of the answer's codes."""
        trouble = self.trouble
        return None if trouble is None else trouble.decline_code or trouble.code or trouble.type

    @property
    def words(self) -> str:
        """What to tell people."""
        said = self.trouble and read_words(self.trouble.message)
        return said or f"Stripe answered with HTTP status {self.status}."

    @property
    def meaning(self) -> ErrorMeaning:
        """Why; and whether it proves that the call did nothing, and that no call before it under its key did.

        Stripe looks at the key of idempotency after it has looked at who we are and how often we call, and before it
        carries anything out: so `400`, `402` and `404` speak for the key, `401`, `403` and `429` only for this call.
        """
        by_status = {
            401: ErrorClass.ACCOUNT,
            403: ErrorClass.ACCOUNT,
            409: ErrorClass.BUSY,
            429: ErrorClass.BUSY,
        }
        if self.status >= 500:
            return ErrorMeaning(ErrorClass.CHANNEL, False)
        if self.trouble is None:
            return ErrorMeaning(ErrorClass.TRUST, False)
        if self.status in by_status:
            return ErrorMeaning(by_status[self.status], False)
        if self.status not in (400, 402, 404):
            return ErrorMeaning(ErrorClass.REQUEST, False)
        codes = (self.trouble.decline_code, self.trouble.code, self.trouble.type)
        found = (ERROR_CODES[code] for code in codes if code is not None and code in ERROR_CODES)
        return next(found, ErrorMeaning(ErrorClass.TRUST, False))


class Line:
    """Makes the calls of one account."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._headers = {
            "authorization": f"Bearer {access.secret_key}",
            "stripe-version": API_VERSION,
            "accept": "application/json",
            "user-agent": "tael",
        }

    def get(self, path: str, kind: type[T], fields: Fields | None = None) -> Conversation[T]:
        """Read one thing; raises `StripeRefused`, `Unreadable`."""
        response = yield from self._exchange(self._reading(path, fields or {}, LARGEST_ANSWER))
        return decode(response.body, kind)

    def create(
        self,
        path: str,
        kind: type[Made],
        fields: Fields,
        *,
        key: str,
        expand: Fields | None = None,
        card: CardOfVault | None = None,
    ) -> Conversation[Made]:
        """Make one thing under an idempotency key; one that was made before is read again, as it is now.

        `card` is that of our vault for which `fields` has placeholders.

        Under a key that it knows, Stripe repeats its first answer, however long ago that was true.
        Raises `StripeRefused`, `Unreadable`.
        """
        request = self._changing(path, {**fields, **(expand or {})}, key, card)
        response = yield from self._exchange(request)
        made = decode(response.body, kind)
        if response.headers.get("idempotent-replayed") == "true":
            found = yield from self.get(f"{path}/{made.id}", kind, expand)
            if found.id != made.id:
                raise Unreadable("it is another thing than was asked for")
            return found
        return made

    def post(self, path: str, kind: type[T], fields: Fields, *, key: str) -> Conversation[T]:
        """Change one thing under an idempotency key; raises `StripeRefused`, `Unreadable`."""
        response = yield from self._exchange(self._changing(path, fields, key))
        return decode(response.body, kind)

    def upload(self, file: EvidenceFile, *, purpose: str, key: str) -> Conversation[FileObject]:
        """Hand a file in, to be named afterwards; raises `StripeRefused`, `Unreadable`."""
        boundary = f"tael-{file.digest}"
        ending = file.media_type.rpartition("/")[2]
        parts = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n',
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="evidence.{ending}"\r\n',
            f"Content-Type: {file.media_type}\r\n\r\n",
        )
        form = {"idempotency-key": key, "content-type": f"multipart/form-data; boundary={boundary}"}
        response = yield from self._exchange(
            HttpRequest(
                method="POST",
                url=f"{self.access.files_url}/v1/files",
                headers=self._headers | form,
                body="".join(parts).encode() + file.content + f"\r\n--{boundary}--\r\n".encode(),
                largest_answer=LARGEST_ANSWER,
            )
        )
        made = decode(response.body, FileObject)
        if made.purpose != purpose or made.size != len(file.content):
            raise Unreadable("it is another file than was handed in")
        return made

    def page(self, path: str, fields: Fields) -> Conversation[tuple[Page, bytes]]:
        """A part of a list, and how it came; raises `StripeRefused`, `Unreadable`."""
        asked = {"limit": PER_PAGE} | dict(fields)
        response = yield from self._exchange(self._reading(path, asked, LARGEST_PAGE))
        page = decode(response.body, Page)
        if len(page.data) > PER_PAGE or (page.has_more and not page.data):
            raise Unreadable("the page of the list has not the length that was asked for")
        return page, response.body

    def everything(
        self, path: str, kind: type[T], fields: Fields, *, most_pages: int
    ) -> Conversation[list[T]]:
        """All items of a list; raises `Unreadable` if there are more than so many pages."""
        items: list[T] = []
        after: dict[str, str] = {}
        for _ in range(most_pages):
            page, _body = yield from self.page(path, dict(fields) | after)
            items += [convert(item, kind) for item in page.data]
            if not page.has_more:
                return items
            after = {"starting_after": id_of(page.data[-1])}
        raise Unreadable(f"the list is longer than {most_pages} pages")

    def _changing(self, path: str, fields: Fields, key: str, card: CardOfVault | None = None) -> HttpRequest:
        form = {"idempotency-key": key, "content-type": "application/x-www-form-urlencoded"}
        return HttpRequest(
            method="POST",
            url=f"{self.access.api_url}{path}",
            headers=self._headers | form,
            body=urlencode({name: str(value) for name, value in fields.items()}).encode(),
            largest_answer=LARGEST_ANSWER,
            card=card,
        )

    def _reading(self, path: str, fields: Fields, largest: int) -> HttpRequest:
        query = f"?{urlencode({name: str(value) for name, value in fields.items()})}" if fields else ""
        url = f"{self.access.api_url}{path}{query}"
        return HttpRequest(method="GET", url=url, headers=self._headers, largest_answer=largest)

    def _exchange(self, request: HttpRequest) -> Conversation[HttpResponse]:
        response = yield from ask(request)
        busy = response.status == 409 or response.status >= 500
        if busy and response.headers.get("stripe-should-retry") == "true":
            response = yield from ask(request)
        if len(response.body) > request.largest_answer:
            raise Unreadable("it is longer than we read")
        if response.status == 200:
            return response
        try:
            trouble = decode(response.body, ErrorAnswer).error
        except Unreadable:
            trouble = None
        raise StripeRefused(response.status, trouble)


def id_of(item: object) -> str:
    """The id of an item of a list, from which the next page goes on; raises `Unreadable`."""
    named = item.get("id") if isinstance(item, dict) else None
    if not isinstance(named, str) or not named.isascii() or not 3 <= len(named) <= 200:
        raise Unreadable("an item of the list has no id")
    return named


def nothing_learnt(request: Request, refused: StripeRefused) -> Outcome:
    """An outcome that decides nothing, for an answer that is not 200."""
    return unknown_outcome(
        request,
        refused.words,
        refused.meaning.error_class,
        code=read_words(refused.code, longest=64),
    )
