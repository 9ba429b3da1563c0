"""Which settings does an installation have? Each with its type, default and meaning; `foundation.config` reads them.

Beside `foundation.config` this is the only file that looks at the environment: for where data lies by default.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


def _default_home() -> Path:
    """`/var/lib/tael` for root, whose own folder the database's user could not enter; else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/tael")
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "tael"


def _says(
    meaning: str, *, secret: bool = False, least: float | None = None, most: float | None = None
) -> Meta:
    return Meta(description=meaning, extra={"secret": secret}, ge=least, le=most)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. Durations are in seconds, sizes in bytes, addresses `host:port`."""

    home: Annotated[Path, _says("Folder of the embedded database and of this installation's keys")] = (
        msgspec.field(default_factory=_default_home)
    )
    database_url: Annotated[
        str | None,
        _says("PostgreSQL ≥ 15 to use instead of the embedded one, as the application", secret=True),
    ] = None
    database_owner_url: Annotated[
        str | None, _says("The same database as the owner of the tables, for `tael migrate`", secret=True)
    ] = None
    test_mode: Annotated[bool, _says("Let merchants try everything beside live, on data of its own")] = True
    test_database_url: Annotated[
        str | None,
        _says("The database of test mode, beside TAEL_DATABASE_URL; without it there is none", secret=True),
    ] = None
    test_database_owner_url: Annotated[
        str | None, _says("The same database as the owner of the tables", secret=True)
    ] = None
    mode: Annotated[
        Literal["live", "test"], _says("Whose keys are answered; a process with both looks after both itself")
    ] = "live"
    database_pool_size: Annotated[int, _says("Connections per process at most", least=2, most=1000)] = 12
    postgres_os_user: Annotated[
        str | None, _says("User that the embedded PostgreSQL runs as when Tael is started by root")
    ] = None

    public_listen: Annotated[str, _says("Address of the API and the checkout pages")] = "127.0.0.1:8080"
    notices_listen: Annotated[str, _says("Address that channels send notices to")] = "127.0.0.1:8081"
    internal_listen: Annotated[str, _says("Address of metrics and health; never public")] = "127.0.0.1:8082"
    ledger_listen: Annotated[str, _says("Address of the ledger's own API")] = "127.0.0.1:8083"
    simulators_listen: Annotated[
        str,
        _says("Address of the first channel that stands in for a real one in test mode; the others follow"),
    ] = "127.0.0.1:8061"
    vault_listen: Annotated[
        str, _says("Address of the vault's pages with card fields, in its own process")
    ] = "127.0.0.1:8084"
    vault_door_listen: Annotated[
        str, _says("Address at which the platform's other processes ask the vault; never public")
    ] = "127.0.0.1:8085"
    internal_may_be_public: Annotated[bool, _says("Let the internal listener bind a public address")] = False
    public_url: Annotated[str, _says("How payers and merchants reach the public listener")] = (
        "http://127.0.0.1:8080"
    )
    notices_url: Annotated[str, _says("How channels reach the notices listener")] = "http://127.0.0.1:8081"
    trusted_proxies: Annotated[
        str,
        _says("Addresses or networks of proxies, with commas, whose X-Forwarded-For and -Proto are believed"),
    ] = ""
    key_reads_per_second: Annotated[
        int,
        _says(
            "What one API key of a merchant may read, unless it has a rate of its own", least=1, most=100000
        ),
    ] = 1_000
    key_changes_per_second: Annotated[
        int, _says("What one API key of a merchant may change, likewise", least=1, most=100000)
    ] = 1_000
    person_changes_per_second: Annotated[
        int, _says("What a person may change at the portal: faster than hands are", least=1, most=100000)
    ] = 20
    network_sign_ups_per_hour: Annotated[
        int,
        _says(
            "Sign-ups that are taken from one network: an IPv4 address, or a /64 of IPv6. Behind a proxy that"
            " TAEL_TRUSTED_PROXIES does not name, everybody comes from one network",
            least=1,
            most=100000,
        ),
    ] = 20
    network_codes_per_hour: Annotated[
        int,
        _says(
            "Likewise: one-time codes to telephone numbers, to register or for a new password, and passwords chosen by one",
            least=1,
            most=100000,
        ),
    ] = 60
    network_payments_per_minute: Annotated[
        int,
        _says(
            "Likewise, each: visits of payment links and codes, attempts to pay that are begun, cards typed in",
            least=1,
            most=100000,
        ),
    ] = 120
    network_discounts_per_hour: Annotated[
        int,
        _says(
            "Likewise: attempts with a discount, of payers who came by a payment link or a code of a store",
            least=1,
            most=100000,
        ),
    ] = 300
    vault_url: Annotated[str, _says("How payers reach the vault's pages with card fields")] = (
        "http://127.0.0.1:8084"
    )
    vault_door_url: Annotated[str, _says("How the platform's other processes reach the vault's door")] = (
        "http://127.0.0.1:8085"
    )
    vault_database_url: Annotated[
        str | None,
        _says("The database as the vault's own role `tael_vault`; no other process may know it", secret=True),
    ] = None
    vault_test_database_url: Annotated[
        str | None, _says("The database of test mode as the vault's own role", secret=True)
    ] = None
    vault_folder: Annotated[
        Path | None, _says("Where the vault keeps its keys and its log; only its own user may read it")
    ] = None
    vault_door_key: Annotated[
        Path | None, _says("File with the key that the vault and the platform's other processes share")
    ] = None
    verification_folder: Annotated[
        Path | None,
        _says("Where the files are that say how each source of verification is reached, and its credentials"),
    ] = None
    breached_passwords_file: Annotated[
        Path | None,
        _says(
            "A list of passwords that have been in breaches, which nobody may choose: lines of SHA-1 in their order"
        ),
    ] = None
    body_limit_bytes: Annotated[int, _says("Largest request body", least=1024)] = 262_144
    stop_seconds: Annotated[float, _says("How long a graceful stop may take", least=0.1, most=600)] = 20.0

    lane_batch_limit: Annotated[
        int, _says("Calls that one transaction takes at most", least=1, most=10000)
    ] = 512
    lane_queue_limit: Annotated[
        int, _says("Calls that wait in one lane before new ones are throttled", least=1)
    ] = 8_192
    lane_parallel: Annotated[int, _says("Transactions that one lane runs at a time", least=1, most=64)] = 1

    payment_seconds: Annotated[
        int, _says("How long a payment can be paid unless the merchant says", least=60, most=86400)
    ] = 900
    channel_timeout_seconds: Annotated[
        float, _says("How long a channel may take to answer", least=0.1, most=20)
    ] = 10.0
    inquiry_seconds: Annotated[
        list[float], _says("Pauses between inquiries about one unknown outcome; the last one repeats")
    ] = msgspec.field(default_factory=lambda: [2, 3, 5, 10, 15, 30, 60, 300, 900])
    waiting_inquiry_seconds: Annotated[
        list[float], _says("Pauses between inquiries about a code that waits for its payer")
    ] = msgspec.field(default_factory=lambda: [10, 20, 30, 60, 120, 300])
    janitor_seconds: Annotated[
        Literal[1, 2, 3, 5, 10, 15, 20, 30, 60], _says("How often the janitor looks for what is due")
    ] = 1
    stalled_job_seconds: Annotated[
        int, _says("Silence after which a worker's jobs are given to others", least=15)
    ] = 30

    channel_calls_at_once: Annotated[
        int, _says("Calls to one channel that may be under way in one process", least=1, most=1000)
    ] = 64
    exchange_days: Annotated[
        int, _says("How long is kept what was said to and by channels, masked", least=1, most=3650)
    ] = 180
    decision_days: Annotated[
        int,
        _says(
            "How long is kept which channel was chosen and why: a year and more, to judge policies by",
            least=1,
            most=3650,
        ),
    ] = 400
    routing_patience_seconds: Annotated[
        float, _says("How long one channel may take while another could be tried", least=0.1, most=20)
    ] = 3.0
    routing_policy: Annotated[
        str, _says("How a channel is chosen: a policy, such as `best_value` or `cheapest`")
    ] = "best_value"
    ledger_signature: Annotated[
        Literal["ed25519", "sm2"], _says("How blocks of the ledger are signed; SM2 also hashes with SM3")
    ] = "ed25519"
    ledger_heads_folder: Annotated[
        Path | None,
        _says("Where signed heads of the ledger are exported to; best where its administrators cannot write"),
    ] = None
    ledger_archive_folder: Annotated[Path | None, _says("Where archived months of the ledger are kept")] = (
        None
    )

    event_days: Annotated[
        int, _says("How long the log of events and their deliveries is kept", least=30, most=3650)
    ] = 30
    webhook_timeout_seconds: Annotated[
        float, _says("How long a merchant's server may take to answer an event", least=0.1, most=30)
    ] = 10.0
    webhook_retry_seconds: Annotated[
        list[float],
        _says("Pauses before an event is sent again that did not arrive; after the last it is given up"),
    ] = msgspec.field(default_factory=lambda: [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 36_000])
    webhook_failing_days: Annotated[
        int, _says("After so many days without success an endpoint is disabled", least=1, most=365)
    ] = 5
    webhook_high_ports: Annotated[
        bool, _says("Whether events may go to ports from 1024 on, and not to 443 alone")
    ] = True
    webhook_networks: Annotated[
        str, _says("Loopback networks that events may go to as well, for development: `127.0.0.0/8,::1/128`")
    ] = ""

    sms_url: Annotated[
        str | None, _says("The gateway for text messages; without one nothing is sent to telephones")
    ] = None
    sms_key_file: Annotated[
        Path | None,
        _says("File with the secret that the gateway and we share; keys/sms.key if you do not say"),
    ] = None
    smtp_url: Annotated[
        str | None,
        _says("The mail server, such as `smtps://user@mail.example:465`; without one no mail is sent"),
    ] = None
    smtp_password_file: Annotated[
        Path | None, _says("File with the password of its user; keys/smtp.password if you do not say")
    ] = None
    mail_from: Annotated[str, _says("Who writes mails")] = "Tael <no-reply@localhost.localdomain>"
    push_services: Annotated[
        str,
        _says(
            "Origins of browsers' push services, with commas, such as `https://fcm.googleapis.com`; none are named:"
            " nothing is pushed"
        ),
    ] = ""
    push_contact: Annotated[str, _says("Where a push service reaches whoever operates this")] = (
        "mailto:operator@localhost.localdomain"
    )
    message_timeout_seconds: Annotated[
        float, _says("How long a gateway, mail server or push service may take to answer", least=0.1, most=15)
    ] = 5.0
    message_days: Annotated[
        int, _says("How long people find messages in their list", least=30, most=3650)
    ] = 400
    message_log_days: Annotated[
        int, _says("How long is kept by which way messages went, and how", least=7, most=3650)
    ] = 180

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _says("Least level that is logged")
    ] = "info"
    log_format: Annotated[Literal["json", "console"], _says("One JSON object a line, or text for people")] = (
        "json"
    )

    def of_test_mode(self) -> "Settings":
        """The settings of the house of test mode beside this one: its own data and keys, below `/test` of each address."""
        return msgspec.structs.replace(
            self,
            mode="test",
            home=self.home / TEST,
            database_url=self.test_database_url,
            database_owner_url=self.test_database_owner_url,
            test_database_url=None,
            test_database_owner_url=None,
            public_url=f"{self.public_url}/{TEST}",
            notices_url=f"{self.notices_url}/{TEST}",
            key_reads_per_second=min(self.key_reads_per_second, TEST_RATE),
            key_changes_per_second=min(self.key_changes_per_second, TEST_RATE),
            vault_url=f"{self.vault_url}/{TEST}",
            vault_door_url=f"{self.vault_door_url}/{TEST}",
            vault_database_url=self.vault_test_database_url,
            vault_test_database_url=None,
            vault_folder=self.vault_folder and self.vault_folder / TEST,
            vault_door_key=self.vault_door_key,
            verification_folder=self.verification_folder and self.verification_folder / TEST,
            sms_url=None,
            smtp_url=None,
            push_services="",
            ledger_heads_folder=self.ledger_heads_folder and self.ledger_heads_folder / TEST,
            ledger_archive_folder=self.ledger_archive_folder and self.ledger_archive_folder / TEST,
        )

    @property
    def keys_folder(self) -> Path:
        """Where this installation's signing keys lie."""
        return self.home / "keys"

    @property
    def vault_home(self) -> Path:
        """Where the vault keeps its keys and its log, also if nobody said where."""
        return self.vault_folder or self.home / "vault"

    @property
    def vault_key_file(self) -> Path:
        """The file with the key that the vault and the platform's other processes share."""
        return self.vault_door_key or self.keys_folder / "vault-door.key"

    @property
    def verification_home(self) -> Path:
        """Where the files of sources of verification are, also if nobody said where."""
        return self.verification_folder or self.keys_folder / "verification"

    @property
    def heads_folder(self) -> Path:
        """Where signed heads of the ledger are exported to, also if nobody said where."""
        return self.ledger_heads_folder or self.home / "ledger" / "heads"

    @property
    def archive_folder(self) -> Path:
        """Where archived months of the ledger are kept, also if nobody said where."""
        return self.ledger_archive_folder or self.home / "ledger" / "archive"


TEST_RATE = 100
"""What a key of test mode may read, and change, per second at most: live comes first."""
TEST = "test"
"""What the addresses and folders of test mode begin with."""
