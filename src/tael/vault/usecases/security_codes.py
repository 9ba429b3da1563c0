"""Where is a security code (CVV) between the payer's typing and the authorisation? In this process's memory, and nowhere else.

It waits ten minutes at most for its authorisation. The first order that uses it is the only one that can: sent again at
once, because the channel asked for that, it goes along again, and is forgotten with the channel's answer, or after thirty
seconds (PCI DSS 3.3: it must not outlive the authorisation). A restart forgets them all: then the card's bank decides
without.
"""

import msgspec

WAITS_SECONDS = 600.0
IN_USE_SECONDS = 30.0
_MOST = 100_000


class _Waiting(msgspec.Struct):
    code: str
    until: float
    number: str = ""

    def __repr__(self) -> str:
        return "_Waiting(…)"


class SecurityCodes:
    """The security codes that wait; `seconds` are those of a clock that only goes forward."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def keep(self, token: str, code: str, *, seconds: float) -> None:
        """Let a code wait for its authorisation."""
        if code:
            self.forget_old(seconds=seconds)
            if len(self._waiting) < _MOST:
                self._waiting[token] = _Waiting(code, seconds + WAITS_SECONDS)

    def use(self, token: str, *, number: str, seconds: float) -> str:
        """The code for an order; empty if there is none, or another order has had it."""
        self.forget_old(seconds=seconds)
        waiting = self._waiting.get(token)
        if waiting is None or waiting.number not in ("", number):
            return ""
        if not waiting.number:
            waiting.number, waiting.until = number, seconds + IN_USE_SECONDS
        return waiting.code

    def forget(self, token: str) -> None:
        """The authorisation is over."""
        self._waiting.pop(token, None)

    def forget_old(self, *, seconds: float) -> None:
        """Forget those whose time is over."""
        over = [token for token, waiting in self._waiting.items() if waiting.until <= seconds]
        for token in over:
            del self._waiting[token]

    def __len__(self) -> int:
        return len(self._waiting)
