"""Which roles are there, and which of them share a process?

public    the API and the checkout pages
notices   what channels send by themselves
internal  metrics and health
ledger    the ledger's own API
worker    runs jobs, and sends events to merchants and messages to people
courier   carries facts to their subscribers
clock     puts jobs on their schedule

Beside them, in a process of its own:

simulators   plays every channel for test mode
vault        keeps card numbers, of which no other process hears
"""

from collections.abc import Sequence

LISTENERS = ("public", "notices", "internal", "ledger")
"""Those that serve an address."""
SIMULATORS = "simulators"
VAULT = "vault"
DOOR = "vault_door"
"""The vault's second address, for processes of ours."""
ROLES = (*LISTENERS, "worker", "courier", "clock", SIMULATORS, VAULT)
SHARED = ("public", "notices", "ledger")
"""Roles that may run in several processes behind one address; the others run in the first."""
ALONE = (SIMULATORS, VAULT)
"""Roles that have a process of their own."""
ROLE_SETS = {"all": ROLES, "ledger": ("ledger", "worker", "clock")}
"""Words that stand for several roles. A ledger by itself needs jobs, too: holds expire and blocks are sealed."""


def roles_in(words: Sequence[str]) -> list[str]:
    """The roles that some words stand for, each once, in the order of `ROLES`."""
    wanted = {role for word in words for role in ROLE_SETS.get(word, (word,))}
    return [role for role in ROLES if role in wanted]
