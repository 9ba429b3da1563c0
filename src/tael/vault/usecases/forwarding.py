"""How does a card leave the vault? Inside of a message that the vault sends to a channel, or encrypted for a channel's key.

The trail says who took which card out for which order, and is committed before anything is sent: what cannot be written
down does not happen.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import Database
from tael.vault import rules, store
from tael.vault.errors import DestinationRefused
from tael.vault.masking import fill_in, without_the_card
from tael.vault.model import AuditLine, ChannelAnswer, Forwarded, Forwarding, Secret, Token
from tael.vault.transport import NoAnswer, Sender
from tael.vault.usecases.safe import Safe
from tael.vault.usecases.security_codes import SecurityCodes

LONGEST_SECONDS = 60.0
_ASK_AGAIN = (409, 429)


class Forwarder:
    """Sends messages with cards in them."""

    def __init__(
        self, database: Database, clock: Clock, safe: Safe, codes: SecurityCodes, sender: Sender
    ) -> None:
        self._database = database
        self._clock = clock
        self._safe = safe
        self._codes = codes
        self._sender = sender

    async def seal_for(self, wanted: Forwarding, *, actor: str) -> Forwarded:
        """The card's number, encrypted for the key in the body; refuses as `forward` does."""
        key = rules.read_key(wanted.request.body)
        _, secret = await self._take_out(wanted, destination=rules.name_of_key(key), actor=actor)
        sealed = base64.b64encode(key.encrypt(secret.number.encode(), PKCS1v15()))
        answer = ChannelAnswer(status=200, headers={"content-type": "text/plain"}, body=sealed)
        return Forwarded(response=answer)

    async def forward(self, wanted: Forwarding, *, actor: str) -> Forwarded:
        """What came back from the channel, without the card; or why nothing did.

        Refuses `DestinationRefused`, `NoSuchToken`, `VaultSealed`, `MessageRefused`: then nothing was sent.
        """
        card, request = wanted.request.card, wanted.request
        origin = rules.origin_of(request.url)
        token, secret = await self._take_out(wanted, destination=origin, actor=actor)
        code = self._codes.use(card.token, number=card.number, seconds=monotonic_seconds())
        content_type = next(
            (text for name, text in request.headers.items() if name.lower() == "content-type"), ""
        )
        body = fill_in(request.body, content_type=content_type, values=_values(token, secret, code))
        seconds = min(wanted.timeout_seconds, LONGEST_SECONDS)
        try:
            answer = await self._sender.send(request, body, timeout_seconds=seconds)
        except NoAnswer as error:
            return Forwarded(no_answer=str(error))
        if _is_last_word(answer):
            self._codes.forget(card.token)
        return Forwarded(response=without_the_card(answer, secret.number))

    async def _take_out(self, wanted: Forwarding, *, destination: str, actor: str) -> tuple[Token, Secret]:
        now = self._clock.now()
        line = AuditLine(
            at=now,
            actor=actor,
            action="detokenise",
            token=wanted.request.card.token,
            channel=wanted.channel,
            number=wanted.request.card.number,
            destination=destination,
        )
        async with self._database.transaction() as tx:
            if await store.is_destination(tx, wanted.channel, destination):
                token = await store.find_token(tx, wanted.request.card.token, now=now)
                secret = await self._safe.open(tx, token.id)
                await store.record(tx, line)
                return token, secret
            await store.record(tx, _refused(line))
        raise DestinationRefused(
            f"Cards of {wanted.channel} may not go to {destination}.",
            field="request.url",
            hint=f"Whoever is responsible for cards allows it: `{_how_to_allow(wanted.channel, destination)}`.",
        )


def _how_to_allow(channel: str, destination: str) -> str:
    if destination.startswith(rules.KEY):
        return f"tael vault allow-key {channel} FILE"
    return f"tael vault allow {channel} {destination}"


def _refused(line: AuditLine) -> AuditLine:
    return AuditLine(
        at=line.at,
        actor=line.actor,
        action="destination_refused",
        token=line.token,
        channel=line.channel,
        number=line.number,
        destination=line.destination,
    )


def _is_last_word(answer: ChannelAnswer) -> bool:
    """Whether the channel will not be asked the same again: then the security code has done its duty."""
    return answer.status < 500 and answer.status not in _ASK_AGAIN


def _values(token: Token, secret: Secret, code: str) -> dict[str, str]:
    """What stands for each placeholder of `foundation.wire`."""
    return {
        "{{card:number}}": secret.number,
        "{{card:exp_month}}": f"{token.exp_month:02}",
        "{{card:exp_year}}": str(token.exp_year),
        "{{card:security_code}}": code,
        "{{card:holder}}": secret.holder,
        "{{card:cryptogram}}": secret.cryptogram,
        "{{card:eci}}": secret.eci,
    }
