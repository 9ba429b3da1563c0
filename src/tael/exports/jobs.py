"""What do exports do by themselves? They are written by workers, and forgotten in the end."""

from tael.exports.api import WRITE, Exports
from tael.foundation.jobs import Jobs

FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, exports: Exports) -> None:
    """Write what is asked for; delete what nobody may read any more."""
    jobs.add(WRITE, exports.write)
    jobs.add("exports.forget", exports.forget)
    jobs.every(FORGET_SECONDS, "exports.forget")
