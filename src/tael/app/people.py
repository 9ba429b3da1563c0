"""Which parts of a process know persons: who they are, what they may do, what they did, what they are told?"""

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.identity.api import Identity


class People(msgspec.Struct, frozen=True, kw_only=True):
    """These parts."""

    identity: Identity


def make_people(settings: Settings, database: Database, clock: Clock, sealer: Sealer) -> People:
    """All of them, not connected yet."""
    del settings
    return People(identity=Identity(database, clock, sealer))
