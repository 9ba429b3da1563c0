"""How does the mail server answer? As aiosmtpd does, in the simulator's own event loop; what it takes lies in the inbox."""

import asyncio
import email
import email.policy
import socket
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tael.simulators.base.channel import Stage
from tael.simulators.messages.inbox import EMAIL, Inbox

REFUSED, BUSY, SILENT = "refused", "busy", "silent"
PORTS_ON = 50
_LAST_PORT = 65_535
_SHOWN = ("Subject", "From", "Message-ID", "Content-Language", "List-Unsubscribe", "List-Unsubscribe-Post")


class MailRoom:
    """Takes mails at a port of its own."""

    def __init__(self, stage: Stage, inbox: Inbox, *, host: str, beside: int) -> None:
        """beside: the port of HTTP; its own is so far from it if that is free (`PORTS_ON`)."""
        self._stage = stage
        self._inbox = inbox
        self._listener = _listen(host, beside + PORTS_ON)
        self.port = int(self._listener.getsockname()[1])
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Answer from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop, hostname="mail.simulator"),
            sock=self._listener,
        )

    def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
        self._listener.close()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether there is such a mailbox."""
        local = address.partition("@")[0]
        if local == REFUSED:
            return "550 no such mailbox"
        if local == BUSY:
            return "451 come later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        content = envelope.content or b""
        message: Any = email.message_from_bytes(
            content if isinstance(content, bytes) else content.encode(), policy=email.policy.default
        )
        assert isinstance(message, EmailMessage)  # noqa: S101 - the policy says so
        body = message.get_body()
        for address in envelope.rcpt_tos:
            self._inbox.put(
                EMAIL,
                address,
                id=str(message["Message-ID"] or "").strip("<>").partition("@")[0],
                title=str(message["Subject"] or ""),
                text=str(body.get_content() if body is not None else "").strip(),
                headers={name: str(message[name]) for name in _SHOWN if message[name]},
                at=self._stage.clock.now(),
            )
        if any(address.partition("@")[0] == SILENT for address in envelope.rcpt_tos):
            assert isinstance(server.transport, asyncio.Transport)  # noqa: S101 - mails come by TCP
            server.transport.abort()
        return "250 OK"


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port if port <= _LAST_PORT else 0))
    except OSError:
        listener = socket.create_server((host, 0))
    listener.setblocking(False)
    return listener
