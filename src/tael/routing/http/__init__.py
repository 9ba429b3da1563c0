"""How do those who operate the platform reach routing? Routes of the internal listener.

rules      what they say about channels: read, tried, proposed by one and approved by another
decisions  what was decided and why, and how channels are
"""

from litestar.handlers import HTTPRouteHandler

from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.routing.api import Decisions, Routing, RuleBook
from tael.routing.http.decisions import SubjectsOf, decision_routes
from tael.routing.http.rules import rule_routes

__all__ = ["routing_routes"]


def routing_routes(
    routing: Routing, database: Database, clock: Clock, *, subjects_of: SubjectsOf
) -> list[HTTPRouteHandler]:
    """Every route about routing. `subjects_of` names the attempts and refunds of a payment."""
    return [
        *rule_routes(routing, RuleBook(database, clock)),
        *decision_routes(routing, Decisions(database), clock, subjects_of),
    ]
