"""What is to be done later, or again and again? Jobs, kept in PostgreSQL by procrastinate.

`defer` enqueues on the caller's transaction: the job exists if and only if the transaction commits. Jobs of a
killed worker are given to others after a silence, so **every handler must be safe to run twice**. The clock
role puts jobs on their schedule; workers run them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

import msgspec
import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from procrastinate.periodic import PeriodicDeferrer, PeriodicRegistry
from psycopg_pool import PoolTimeout

from tael.foundation.db import Transaction
from tael.foundation.errors import Unavailable
from tael.foundation.rounds import for_each
from tael.foundation.telemetry import JOBS_RUN

log = structlog.get_logger("tael.jobs")

Handler = Callable[..., Awaitable[None]]
SEARCH_PATH = "jobs"
_PAUSE_SECONDS = 0.5
"""Before the next try, after the database was lost."""


class Schedule(msgspec.Struct, frozen=True):
    """A job that runs again and again."""

    job: str
    cron: str
    """Six fields, the last one seconds: `* * * * * */5` is every five seconds."""


class Jobs:
    """The jobs that exist, and the ways to enqueue and to run them."""

    def __init__(
        self,
        database_url: str,
        *,
        stalled_seconds: int = 30,
        heartbeat_seconds: float = 5.0,
        role: str | None = None,
    ) -> None:
        options = f"-c search_path={SEARCH_PATH}" + (f" -c role={role}" if role else "")
        self._connector = procrastinate.PsycopgConnector(
            conninfo=database_url, kwargs={"options": options}, min_size=1, max_size=4
        )
        self._app = procrastinate.App(connector=self._connector)
        self._tasks: dict[str, procrastinate.tasks.Task[..., Any, ...]] = {}
        self._schedules: list[Schedule] = []
        self._heartbeat_seconds = heartbeat_seconds
        self._stalled_seconds = max(stalled_seconds, ceil(3 * heartbeat_seconds))
        self.add("jobs.requeue_stalled", self.requeue_stalled)
        self.every(10, "jobs.requeue_stalled")

    def add(self, name: str, handler: Handler) -> None:
        """Make `handler` known as the job `name`."""

        async def run(**arguments: Any) -> None:
            scheduled = arguments.pop("timestamp", None) is not None
            try:
                await handler(**arguments)
            except Exception as error:
                # A round is not tried again: its next turn comes by itself, and must not wait behind a retry.
                JOBS_RUN.labels(name, "failed").inc()
                if not scheduled:
                    raise
                log.warning("round_failed", job=name, reason=repr(error))
            else:
                JOBS_RUN.labels(name, "done").inc()

        retry = procrastinate.RetryStrategy(max_attempts=20, exponential_wait=2)
        self._tasks[name] = self._app.task(name=name, retry=retry)(run)

    def every(self, seconds: int, name: str) -> None:
        """Run the job `name` every so many seconds (a divisor of 60), never two waiting at a time."""
        if 60 % seconds:
            raise ValueError(f"{seconds} does not divide a minute")
        self._schedules.append(Schedule(name, f"* * * * * */{seconds}"))

    def rounds(self, name: str, seconds: int, *rounds: Callable[[], Awaitable[None]]) -> None:
        """Make several rounds at once as the one job `name`, every so many seconds: a job costs more than a round that finds nothing."""

        async def make_all() -> None:
            if failed := await for_each(rounds, lambda make_round: make_round()):
                raise BaseExceptionGroup(name, failed)

        self.add(name, make_all)
        self.every(seconds, name)

    def daily(self, name: str, *, hour: int, minute: int) -> None:
        """Run the job `name` once a day, at that time of UTC."""
        self._schedules.append(Schedule(name, f"{minute} {hour} * * *"))

    async def defer(self, tx: Transaction, name: str, /, **arguments: str | int) -> None:
        """Enqueue a job that exists if and only if `tx` commits."""
        tx.wrote = True
        await self._tasks[name].configure(connection=tx.connection).defer_async(**arguments)

    async def open(self) -> None:
        """Connect; raises `Unavailable` if the database does not answer."""
        try:
            await self._app.open_async()
        except PoolTimeout as error:
            raise Unavailable(f"The database does not answer: {error}.") from error

    async def close(self) -> None:
        """Disconnect."""
        await self._app.close_async()

    async def work(self, *, concurrency: int = 8, stop_seconds: float = 20) -> None:
        """Run jobs until cancelled; then finish those that run, up to `stop_seconds`.

        A worker ends when it loses the database. Its jobs are done or will be stalled; a new one takes its place.
        """
        while True:
            try:
                await self._app.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=stop_seconds,
                    update_heartbeat_interval=self._heartbeat_seconds,
                    stalled_worker_timeout=float(self._stalled_seconds),
                )
            except procrastinate.exceptions.ConnectorException as error:
                log.warning("worker_interrupted", reason=repr(error))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def keep_schedule(self) -> None:
        """Put scheduled jobs into the queue when they are due, until cancelled. Several clocks do no harm."""
        registry = PeriodicRegistry()  # type: ignore[no-untyped-call]
        for schedule in self._schedules:
            registry.register_task(
                task=self._tasks[schedule.job],
                cron=schedule.cron,
                periodic_id="",
                configure_kwargs={"queueing_lock": schedule.job},
            )
        while True:
            try:
                await PeriodicDeferrer(registry, max_delay=5).worker()
            except AlreadyEnqueued:
                continue
            except procrastinate.exceptions.ConnectorException as error:
                log.warning("schedule_interrupted", reason=repr(error))
                await asyncio.sleep(_PAUSE_SECONDS)

    async def requeue_stalled(self) -> None:
        """Give the jobs of workers that have gone silent to others; a round's next turn has taken its place already."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled_seconds):
            log.warning("job_requeued", job=job.task_name, id=job.id)
            if job.queueing_lock is None:
                await manager.retry_job(job)
            else:
                await manager.finish_job(job, Status.FAILED, delete_job=True)
