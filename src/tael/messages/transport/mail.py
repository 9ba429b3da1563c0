"""How does a message reach a mailbox? Over one mail server, by SMTP, encrypted on the way there.

Until the content is on its way a failure is definite; from then on silence is not. A mail server does not tell two of one
number apart, so what is unknown is left alone.
"""

import ipaddress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, parseaddr

import aiosmtplib
from yarl import URL

from tael.foundation.config import ConfigurationRefused, Settings
from tael.messages.model import Way
from tael.messages.model.carrier import Heard, Letter, Outcome

_PORTS = {"smtp": 587, "smtps": 465}
_POLICY = WIRE.clone(cte_type="7bit")


class MailServer:
    """Speaks to one mail server: `smtps://user@host:465`, or `smtp://user@host:587` and STARTTLS."""

    way = Way.EMAIL
    repeats_safely = False
    answers_inquiries = False

    def __init__(self, settings: Settings) -> None:
        url = URL(settings.smtp_url or "")
        if url.scheme not in _PORTS or not url.host:
            raise ConfigurationRefused("TAEL_SMTP_URL is not like smtps://user@mail.example:465.")
        self._sender = _sender(settings.mail_from)
        self._host, self._port = url.host, url.port or _PORTS[url.scheme]
        self._user = url.user
        self._password = _password(settings) if self._user else None
        self._from_the_start = url.scheme == "smtps"
        self._starts_tls = not self._from_the_start and not _is_this_machine(self._host)
        self._timeout = settings.message_timeout_seconds

    async def send(self, letter: Letter) -> Heard:
        """Hand a message over."""
        content = _written(letter, self._sender).as_bytes(policy=_POLICY)
        server = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            timeout=self._timeout,
            use_tls=self._from_the_start,
            start_tls=self._starts_tls,
        )
        try:
            try:
                await server.connect()
                await server.mail(self._sender.addr_spec)
                await server.rcpt(letter.address)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                return _before_the_content(error)
            try:
                await server.data(content)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                return _within_the_content(error)
            return Heard(outcome=Outcome.SENT)
        finally:
            server.close()

    async def inquire(self, letter_id: str) -> Heard:
        """A mail server cannot be asked."""
        del letter_id
        return Heard(outcome=Outcome.UNKNOWN, error="cannot_be_asked")

    async def close(self) -> None:
        """There is nothing to hang up: each letter has a connection of its own."""


def _written(letter: Letter, sender: Address) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = letter.title
    message["Date"] = format_datetime(letter.now)
    message["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = str(letter.language)
    if letter.unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text + "\n\n— Tael\n", charset="utf-8", cte="base64")
    return message


def _before_the_content(error: Exception) -> Heard:
    """The server has nothing yet: what it did not refuse for good may be tried again."""
    code = getattr(error, "code", 0)
    if 500 <= code < 600 and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Heard(outcome=Outcome.FAILED, error=f"refused_{code}")
    return Heard(outcome=Outcome.NOT_TAKEN, error=f"refused_{code}" if code > 0 else "not_reached")


def _within_the_content(error: Exception) -> Heard:
    code = getattr(error, "code", 0)
    if 500 <= code < 600:
        return Heard(outcome=Outcome.FAILED, error=f"refused_{code}")
    if 400 <= code < 500 and isinstance(error, aiosmtplib.SMTPDataError):
        return Heard(outcome=Outcome.NOT_TAKEN, error=f"refused_{code}")
    timed_out = isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError)
    return Heard(outcome=Outcome.UNKNOWN, error="timeout" if timed_out else "connection_lost")


def _is_this_machine(host: str) -> bool:
    """Whether nobody stands between us: a server on this machine may have no certificate."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sender(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        return Address(display_name=name, addr_spec=address)
    except Exception as error:  # the library raises what its parser stumbles over
        raise ConfigurationRefused(
            f"TAEL_MAIL_FROM={text} is no sender like Tael <no-reply@pay.example>."
        ) from error


def _password(settings: Settings) -> str:
    file = settings.smtp_password_file or settings.keys_folder / "smtp.password"
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationRefused(
            f"TAEL_SMTP_URL names a user, and the password {file} cannot be read: {error.strerror}."
        ) from error
