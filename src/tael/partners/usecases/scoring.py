"""How good are our channels? Gathers what was measured and declared, and lets the rules reckon."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.channels.model import Measure
from tael.channels.port import Capabilities
from tael.foundation.db import Transaction
from tael.foundation.errors import NotFound
from tael.partners import store
from tael.partners.model import (
    Certificate,
    FeeTable,
    Part,
    Partner,
    PartScore,
    Scorecard,
    Weights,
)
from tael.partners.rules import scores
from tael.partners.store import SQL
from tael.partners.usecases.desk import Desk


async def score_all(
    desk: Desk, tx: Transaction, *, since: datetime, until: datetime, channel: str | None = None
) -> list[Scorecard]:
    """A scorecard for each partner, or for one, by the name of the channel."""
    partners = [each for each in await tx.rows(SQL.all_partners, Partner) if channel in (None, each.channel)]
    tables = await tx.rows(SQL.fee_tables_ahead, FeeTable, now=until)
    handed_in = await tx.rows(SQL.certificates_in_use, Certificate)
    named = {(each.channel, each.fingerprint) for each in handed_in}
    told = [each for each in desk.certificates() if (each.channel, each.fingerprint) not in named]
    certificates = [*handed_in, *told]
    in_force = await store.weights_at(tx, until)
    weights = in_force.weights if in_force else Weights()
    spent = await _effort(tx, partners, until)
    cards = []
    for partner in partners:
        name = partner.channel
        parts = _parts(
            _capabilities(desk, name),
            weights,
            measures=await desk.channels.measures(tx, since=since, until=until, channel=name),
            table=next((each for each in tables if each.channel == name and each.holds_at(until)), None),
            certificates=[each for each in certificates if each.channel == name],
            spent=spent[name],
            now=until,
        )
        cards.append(_scorecard(partner, since=since, until=until, parts=parts))
    return cards


def _capabilities(desk: Desk, channel: str) -> Capabilities | None:
    try:
        return desk.channels.capabilities(channel)
    except NotFound:
        return None


def _parts(
    capabilities: Capabilities | None,
    weights: Weights,
    *,
    measures: Sequence[Measure],
    table: FeeTable | None,
    certificates: Sequence[Certificate],
    spent: scores.Effort,
    now: datetime,
) -> dict[Part, PartScore]:
    """Every part; those that only a channel that is set up can show have no score if it is not."""
    unknown = {
        part: PartScore(score=None, weight=scores.weight_of(weights, part), figures={}) for part in Part
    }
    parts = unknown | {
        Part.STABILITY: scores.stability(measures, weights.stability),
        Part.EFFORT: scores.effort(spent, weights.effort),
    }
    if capabilities is not None:
        parts |= {
            Part.COVERAGE: scores.coverage(capabilities, weights.coverage),
            Part.SECURITY: scores.security(capabilities, certificates, now, weights.security),
            Part.FEES: scores.fees(table, capabilities, scores.BASKET, weights.fees),
        }
    return parts


def _scorecard(
    partner: Partner, *, since: datetime, until: datetime, parts: dict[Part, PartScore]
) -> Scorecard:
    return Scorecard(
        channel=partner.channel,
        state=partner.state,
        since=since,
        until=until,
        total=scores.total_of(parts),
        complete=all(part.score is not None for part in parts.values()),
        parts=parts,
    )


async def _effort(tx: Transaction, partners: Sequence[Partner], now: datetime) -> Mapping[str, scores.Effort]:
    incidents: dict[str, int] = dict(await tx.tuples(SQL.count_incidents))
    runs: dict[str, tuple[int, datetime | None]] = {
        channel: (failed, passed_at) for channel, failed, passed_at in await tx.tuples(SQL.count_acceptances)
    }
    efforts = {}
    for partner in partners:
        failed, passed_at = runs.get(partner.channel, (0, None))
        efforts[partner.channel] = scores.Effort(
            days=((passed_at or now) - partner.opened_at).days,
            incidents=incidents.get(partner.channel, 0),
            failed_acceptances=failed,
        )
    return efforts
