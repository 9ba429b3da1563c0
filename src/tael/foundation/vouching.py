"""How do two processes of ours believe one another? By a key in a file that both can read, and nobody else.

Every message says when it was made and carries a number used once, and is signed with HMAC-SHA256 over all of it: one
that is older than a minute, or comes twice, is refused. The answer is signed over the number of its question. Each use
has a purpose of its own, so that what was signed for one is worth nothing for another.
"""

import base64
import hashlib
import hmac
import secrets
from binascii import Error as NotBase64
from datetime import datetime
from pathlib import Path

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.errors import Unauthenticated, Unavailable
from tael.foundation.files import write_unless_there

HEADER = "tael-vouched"
FRESH_SECONDS = 60
_MOST_SEEN = 200_000
_KEY_BYTES = 32


class NotVouchedFor(Unauthenticated):
    """The message is not from a process of ours, is too old, or was heard before."""

    code = "not_vouched_for"


class Vouched(msgspec.Struct, frozen=True):
    """What the header of a message says."""

    at: int
    once: str
    signature: str

    def __str__(self) -> str:
        return f"t={self.at},n={self.once},s={self.signature}"


class Voucher:
    """Signs and checks with the key in `file`, which is made when it is first needed."""

    def __init__(self, file: Path, clock: Clock, *, mode: str) -> None:
        """mode: `live` or `test`. Both may share a file; what one has signed is worth nothing in the other."""
        self._file = file
        self._clock = clock
        self._mode = mode
        self._key: bytes | None = None
        self._seen: dict[str, int] = {}

    def vouch(self, purpose: str, content: bytes) -> Vouched:
        """The header of a new message."""
        at, once = self._now(), secrets.token_hex(16)
        return Vouched(at, once, self._sign(purpose, f"{at}.{once}", content))

    def check(self, header: str, purpose: str, content: bytes) -> Vouched:
        """What vouches for a message that came; refuses `NotVouchedFor`."""
        vouched = _read(header)
        expected = self._sign(purpose, f"{vouched.at}.{vouched.once}", content)
        if not _same(expected, vouched.signature):
            raise NotVouchedFor("The message is not signed with the key that our processes share.")
        now = self._now()
        if abs(now - vouched.at) > FRESH_SECONDS:
            raise NotVouchedFor(
                "The message is more than a minute old, or the clocks of our machines disagree."
            )
        self._remember(vouched, now)
        return vouched

    def answer(self, asked: Vouched, purpose: str, content: bytes) -> str:
        """The header of the answer to a message."""
        return self._sign(f"answer to {purpose}", asked.once, content)

    def check_answer(self, asked: Vouched, header: str, purpose: str, content: bytes) -> None:
        """Refuses `NotVouchedFor` unless `content` is our own process's answer to that very message."""
        if not _same(self.answer(asked, purpose, content), header):
            raise NotVouchedFor("The answer is not signed with the key that our processes share.")

    def ticket(self, purpose: str, content: bytes) -> str:
        """A text that carries `content` through strangers' hands; it says itself until when it is good."""
        return f"{_text(content)}.{self._sign(f'ticket for {purpose}', '', content)}"

    def read_ticket(self, text: str, purpose: str) -> bytes:
        """What a ticket carries; refuses `NotVouchedFor`."""
        carried, _, signature = text.partition(".")
        try:
            content = base64.urlsafe_b64decode(carried + "=" * (-len(carried) % 4))
        except (NotBase64, ValueError):
            content = b""
        if not _same(self._sign(f"ticket for {purpose}", "", content), signature):
            raise NotVouchedFor("The ticket is not one of ours.", field="ticket")
        return content

    def _sign(self, purpose: str, once: str, content: bytes) -> str:
        said = f"{self._mode}\n{purpose}\n{once}\n{hashlib.sha256(content).hexdigest()}"
        return hmac.new(self._shared_key(), said.encode(), hashlib.sha256).hexdigest()

    def _remember(self, vouched: Vouched, now: int) -> None:
        if vouched.once in self._seen:
            raise NotVouchedFor("The message was heard before.")
        if len(self._seen) >= _MOST_SEEN:
            self._seen = {once: at for once, at in self._seen.items() if at >= now - FRESH_SECONDS}
        self._seen[vouched.once] = vouched.at

    def _shared_key(self) -> bytes:
        if self._key is None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_unless_there(self._file, f"{secrets.token_hex(_KEY_BYTES)}\n".encode())
                self._key = bytes.fromhex(self._file.read_text("ascii").strip())
            except (OSError, ValueError) as error:
                raise Unavailable(
                    f"The key that our processes share cannot be read: {self._file}.",
                    hint="Let both the vault's user and the platform's read the file; it is made at the first start.",
                ) from error
        return self._key

    def _now(self) -> int:
        moment: datetime = self._clock.now()
        return int(moment.timestamp())

    def __repr__(self) -> str:
        return f"Voucher({self._file})"


def _read(header: str) -> Vouched:
    parts = dict(part.partition("=")[::2] for part in header[:300].split(","))
    try:
        return Vouched(int(parts["t"]), parts["n"], parts["s"])
    except (KeyError, ValueError):
        raise NotVouchedFor(f"The message carries no {HEADER}.", field=HEADER) from None


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
