"""Has a password been in a breach? Looked for in the operator's list: lines of SHA-1 in their order, as Have I Been Pwned gives them."""

import hashlib
import re
from pathlib import Path

from tael.foundation.config import ConfigurationRefused

_LINE = re.compile(rb"([0-9A-Fa-f]{40})(:\d+)?\s*")
_LOOKED_AT = 256
"""Lines, spread over the file, that are compared at the start: one that is out of order makes a search miss what is there."""


class Breached:
    """A list on disk. Nothing of it is kept in memory, whatever its size: each question reads some thirty places of it."""

    def __init__(self, file: Path) -> None:
        """Refuses `ConfigurationRefused` if the file cannot be read, or is not such a list."""
        self._file = file
        try:
            self._size = file.stat().st_size
            before = b""
            for place in range(_LOOKED_AT):
                _, digest = self._line_from(self._size * place // _LOOKED_AT)
                if digest and digest < before:
                    raise ConfigurationRefused(f"{file} is not in the order of its lines.", hint=_HINT)
                before = digest or before
        except OSError as error:
            raise ConfigurationRefused(f"{file} cannot be read: {error.strerror}.", hint=_HINT) from None
        if not before:
            raise ConfigurationRefused(f"{file} is empty.", hint=_HINT)

    def holds(self, password: str) -> bool:
        """Whether the password is in the list. Reads files: not for the event loop."""
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        low, high = 0, self._size
        while low < high:
            middle = (low + high) // 2
            end, digest = self._line_from(middle)
            if digest == wanted:
                return True
            if digest and digest < wanted:
                low = end
            else:
                high = middle
        return False

    def _line_from(self, place: int) -> tuple[int, bytes]:
        """The first line that begins at a place or after it: where it ends, and its digest; empty after the last one."""
        with self._file.open("rb") as file:
            if place:
                file.seek(place - 1)
                file.readline()
            line = file.readline()
            if not line:
                return self._size, b""
            found = _LINE.fullmatch(line)
            if found is None:
                raise ConfigurationRefused(
                    f"{self._file} has a line that is no SHA-1 in hexadecimal.", hint=_HINT
                )
            return file.tell(), found[1].upper()


_HINT = "TAEL_BREACHED_PASSWORDS_FILE takes 40 hexadecimal digits a line, perhaps with :count, sorted."
