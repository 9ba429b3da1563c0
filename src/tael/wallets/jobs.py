"""What do wallets do by themselves? Let transfers arrive, and clear away what is over."""

from tael.foundation.jobs import Jobs
from tael.wallets.api import Wallets

SETTLE_SECONDS = 5
RETURN_SECONDS = 30
CLEAR_SECONDS = 60
WRITE_SECONDS = 2


def register_jobs(jobs: Jobs, wallets: Wallets) -> None:
    """Settle what is due every few seconds."""
    jobs.add("wallets.settle_due", wallets.settle_due)
    jobs.every(SETTLE_SECONDS, "wallets.settle_due")
    jobs.add("wallets.return_red_packets", wallets.packets.return_due)
    jobs.every(RETURN_SECONDS, "wallets.return_red_packets")
    jobs.add("wallets.write_statements", wallets.statements.write_due)
    jobs.every(WRITE_SECONDS, "wallets.write_statements")
    jobs.add("wallets.forget_counters", wallets.forget_counters)
    jobs.daily("wallets.forget_counters", hour=19, minute=40)
    for name, clear in (
        ("wallets.forget_statements", wallets.statements.forget),
        ("wallets.forget_old", wallets.codes.forget_old),
        ("wallets.warn_of_business", wallets.codes.warn_of_business),
    ):
        jobs.add(name, clear)
        jobs.every(CLEAR_SECONDS, name)
