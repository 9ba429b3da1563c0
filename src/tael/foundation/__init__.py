"""What every context stands on, and what knows no context.

money, ids, clock, errors   the nouns that everybody uses; no input or output
config                      every setting, typed, from `TAEL_*`
db, postgres, migrate       transactions on named SQL; the embedded server; schema changes
lane, calls, idempotency    how many calls become one transaction, each with its own answer, once
outbox, courier             facts told to other contexts after commit, at least once, in order per object
jobs                        work for later and work on a schedule
audit                       who changed what, when, from where, with which result
telemetry                   structured logs and Prometheus metrics
http                        the application factory, problems, keys, pages

Tables: schema `foundation` (calls, outbox, audit, migrations) and schema `jobs`.
"""
