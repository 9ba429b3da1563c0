"""What do users do by themselves? Requests are worked off; documents, reviews, texts and retention are looked at."""

from tael.foundation.jobs import Jobs
from tael.users.api import Users

REQUESTS_SECONDS, REVIEWS_SECONDS = 10, 60


def register_jobs(jobs: Jobs, users: Users) -> None:
    """The hours are those of UTC: 17:20 is 1:20 in China, when a day has just begun there."""
    jobs.add("users.work_off_requests", users.work_off_requests)
    jobs.every(REQUESTS_SECONDS, "users.work_off_requests")
    jobs.add("users.expire_reviews", users.expire_reviews)
    jobs.every(REVIEWS_SECONDS, "users.expire_reviews")
    jobs.add("users.sweep_verifications", users.sweep_verifications)
    jobs.every(REVIEWS_SECONDS, "users.sweep_verifications")
    jobs.add("users.watch_documents", users.watch_documents)
    jobs.daily("users.watch_documents", hour=17, minute=20)
    jobs.add("users.announce_agreements", users.announce_agreements)
    jobs.daily("users.announce_agreements", hour=1, minute=30)
    jobs.add("users.erase_old", users.erase_old)
    jobs.daily("users.erase_old", hour=17, minute=40)
