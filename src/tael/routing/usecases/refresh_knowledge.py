"""What do decisions stand on from now on? New results are taken into account, rules and terms are read again."""

from collections.abc import Sequence

import structlog

from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.foundation.errors import NotFound
from tael.routing import estimates, store
from tael.routing.choice import Policy
from tael.routing.decisions import ChannelView, Knowledge
from tael.routing.eligibility import compile_rules
from tael.routing.estimates import Chances, Forgetting
from tael.routing.model import CapabilitiesOfChannels, Estimate, TermsOfChannels

log = structlog.get_logger("tael.routing")


async def take_lessons(tx: Transaction, *, clock: Clock, forgetting: Forgetting) -> None:
    """Let the estimates hold what was learnt since the last time, unless another process is at it."""
    if not await store.lock_estimates(tx):
        return
    lessons = await store.take_lessons(tx)
    if not lessons:
        return
    known = {(each.channel, each.segment): each for each in await store.list_estimates(tx)}
    now = clock.now()
    await store.write_estimates(
        tx,
        [
            estimates.learn(
                known.get((lesson.channel, lesson.segment)), lesson, now=now, forgetting=forgetting
            )
            for lesson in lessons
        ],
    )


async def read_knowledge(
    tx: Transaction,
    *,
    channels: CapabilitiesOfChannels,
    terms: TermsOfChannels,
    policy: Policy,
    clock: Clock,
    forgetting: Forgetting,
) -> Knowledge:
    """Rules, estimates, capabilities and terms as they are now."""
    now = clock.now()
    rules = await store.list_rules(tx, in_force_at=now)
    known: Sequence[Estimate] = await store.list_estimates(tx)
    return Knowledge(
        _views(channels, terms),
        compile_rules(rules, now=now),
        Chances(known, now=now, forgetting=forgetting),
        policy,
    )


def _views(channels: CapabilitiesOfChannels, terms: TermsOfChannels) -> list[ChannelView]:
    views = []
    for name in channels.names():
        try:
            of_it = terms.terms(name)
        except NotFound as refusal:
            log.warning("channel_without_terms", channel=name, reason=refusal.message)
            continue
        views.append(ChannelView(name=name, capabilities=channels.capabilities(name), terms=of_it))
    return views
