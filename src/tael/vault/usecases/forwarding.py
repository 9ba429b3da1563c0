"""How does a card leave the vault? Inside of a message that the vault sends to a channel, and in no other way.

The trail says who took which card out for which order, and is committed before anything is sent: what cannot be written
down does not happen.
"""

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

    async def forward(self, wanted: Forwarding, *, actor: str) -> Forwarded:
        """What came back from the channel, without the card; or why nothing did.

        Refuses `DestinationRefused`, `NoSuchToken`, `VaultSealed`, `MessageRefused`: then nothing was sent.
        """
        card, request = wanted.request.card, wanted.request
        token, secret = await self._take_out(wanted, actor=actor)
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

    async def _take_out(self, wanted: Forwarding, *, actor: str) -> tuple[Token, Secret]:
        origin, now = rules.origin_of(wanted.request.url), self._clock.now()
        line = AuditLine(
            at=now,
            actor=actor,
            action="detokenise",
            token=wanted.request.card.token,
            channel=wanted.channel,
            number=wanted.request.card.number,
            destination=origin,
        )
        async with self._database.transaction() as tx:
            if await store.is_destination(tx, wanted.channel, origin):
                token = await store.find_token(tx, wanted.request.card.token, now=now)
                secret = await self._safe.open(tx, token.id)
                await store.record(tx, line)
                return token, secret
            await store.record(tx, _refused(line))
        raise DestinationRefused(
            f"Cards of {wanted.channel} may not go to {origin}.",
            field="request.url",
            hint=f"Whoever is responsible for cards allows it: `tael vault allow {wanted.channel} {origin}`.",
        )


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
    """What stands for each placeholder of `channels.port.cards`."""
    return {
        "{{card:number}}": secret.number,
        "{{card:exp_month}}": f"{token.exp_month:02}",
        "{{card:exp_year}}": str(token.exp_year),
        "{{card:security_code}}": code,
        "{{card:holder}}": secret.holder,
        "{{card:cryptogram}}": secret.cryptogram,
        "{{card:eci}}": secret.eci,
    }
