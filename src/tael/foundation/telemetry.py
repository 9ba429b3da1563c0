"""What is going on inside? Structured logs, one JSON object a line, and Prometheus metrics.

Metric names start with `tael_` and end with their unit. Labels are few and bounded: never an id.
"""

import logging
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Literal

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

EXPOSITION_TYPE = CONTENT_TYPE_LATEST
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HTTP_SECONDS = Histogram(
    "tael_http_request_seconds", "Time to answer a request", ["route", "method", "status"], buckets=_FAST
)
LANE_BATCH_SIZE = Histogram(
    "tael_lane_batch_calls",
    "Calls that shared one transaction",
    ["lane"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
LANE_SECONDS = Histogram("tael_lane_batch_seconds", "Time of one batch", ["lane"], buckets=_FAST)
CHANNEL_SECONDS = Histogram(
    "tael_channel_call_seconds",
    "Time of one call to a channel",
    ["channel", "operation", "outcome"],
    buckets=_FAST,
)
CERTIFICATE_ENDS = Gauge(
    "tael_channel_certificate_ends_timestamp_seconds",
    "When the first certificate that a channel is told ends, in Unix time",
    ["channel"],
    multiprocess_mode="livemin",
)
NOTICES = Counter("tael_notices_total", "Notices from channels", ["channel", "result"])
NOTICES_NOT_KEPT = Counter(
    "tael_notices_not_kept_total", "Refused notices of which no note was kept", ["channel"]
)
OUTBOX_DELIVERED = Counter("tael_outbox_delivered_total", "Events handed to their subscribers", ["type"])
OUTBOX_FAILED = Counter("tael_outbox_failed_total", "Failed attempts to hand an event over", ["type"])
OUTBOX_AGE_SECONDS = Gauge(
    "tael_outbox_oldest_age_seconds", "Age of the oldest event not yet delivered", multiprocess_mode="livemax"
)
WEBHOOK_EVENTS = Counter("tael_webhook_events_total", "Events written for merchants", ["type"])
WEBHOOK_SECONDS = Histogram(
    "tael_webhook_attempt_seconds",
    "Time of one attempt to send an event to a merchant",
    ["result"],
    buckets=_FAST,
)
WEBHOOK_UNDER_WAY = Gauge(
    "tael_webhook_deliveries_under_way",
    "Deliveries taken by a relay and not recorded yet",
    multiprocess_mode="livesum",
)
WEBHOOK_WAITING_SECONDS = Gauge(
    "tael_webhook_oldest_untried_age_seconds",
    "Age of the oldest event that was just taken to be sent for the first time",
    multiprocess_mode="livemax",
)
WEBHOOK_DISABLED = Counter(
    "tael_webhook_endpoints_disabled_total", "Endpoints disabled by themselves", ["because"]
)
MESSAGE_SECONDS = Histogram(
    "tael_message_try_seconds",
    "Time of one try to hand a message to its carrier",
    ["way", "state"],
    buckets=_FAST,
)
MESSAGE_WAITING_SECONDS = Gauge(
    "tael_message_oldest_untried_code_seconds",
    "Age of the oldest one-time code that was just taken to be sent for the first time",
    multiprocess_mode="livemax",
)
LEDGER_MONTHS_AHEAD = Gauge(
    "tael_ledger_months_ahead", "Months for which the books have room already", multiprocess_mode="livemin"
)
JOBS_RUN = Counter("tael_jobs_total", "Jobs that ended", ["job", "result"])


def exposition() -> bytes:
    """All metrics in Prometheus' text form: those of this process, or, where several processes share a folder
    (`PROMETHEUS_MULTIPROC_DIR`, which a supervisor of several sets for them), those of all.
    """
    if values.ValueClass is values.MutexValue:
        return generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


_STEPS: list[structlog.typing.Processor] = []
"""What a line goes through. One list for good: a logger that was used keeps the one that it has met."""


def set_up_logging(level: str, form: Literal["json", "console"], *, file: Path | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error in one form, or to a file of its own.

    Values are serialised as JSON strings, so a line break or an escape sequence in a value cannot forge a line.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = (
        logging.StreamHandler(sys.stderr) if file is None else WatchedFileHandler(file, encoding="utf-8")
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("procrastinate", "psycopg.pool", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    _STEPS[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_STEPS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
