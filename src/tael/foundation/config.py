"""How is this installation set up? Every setting, with its type, default and meaning.

A setting comes from the environment variable `TAEL_` + its name in capitals, or from its default. A name
that starts with `TAEL_` and is not listed here refuses to start, so that a typing error never silently
means "the default". This is the only file that reads the environment.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from tael.foundation.errors import Malformed

PREFIX = "TAEL_"
MASK = "********"


class ConfigurationRefused(Malformed):
    """The settings do not allow a start; the message names each one that is wrong."""

    code = "configuration_refused"


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


class ExplainedSetting(msgspec.Struct, frozen=True):
    """One line of `tael config`."""

    name: str
    value: str
    source: Literal["default", "environment"]
    meaning: str


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `ConfigurationRefused` naming every unknown or unreadable one at once."""
    environment = os.environ if environment is None else environment
    fields = {PREFIX + field.name.upper(): field for field in msgspec.structs.fields(Settings)}
    wrong: list[str] = []
    values: dict[str, Any] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX):
            continue
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, fields, n=1)
            wrong.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
            continue
        try:
            values[field.name] = _read(text, field.type)
        except msgspec.ValidationError as error:
            secret = _meta(field.type).extra == {"secret": True}
            shown = MASK if secret else repr(text)
            wrong.append(f"{name}={shown} cannot be used: {error}.")
    if wrong:
        raise ConfigurationRefused(
            "\n".join(wrong), hint="`tael config` lists every setting and its meaning."
        )
    return Settings(**values)


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment of a process of ours that shall have these settings, and otherwise ours."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    default = Settings()
    chosen = {
        PREFIX + field.upper(): _show(getattr(settings, field))
        for field in Settings.__struct_fields__
        if getattr(settings, field) != getattr(default, field)
    }
    return inherited | chosen


def explain_settings(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> Iterator[ExplainedSetting]:
    """Each setting with its value (secrets masked), where the value came from, and what it means."""
    environment = os.environ if environment is None else environment
    for field in msgspec.structs.fields(Settings):
        name, meta = PREFIX + field.name.upper(), _meta(field.type)
        value = getattr(settings, field.name)
        masked = meta.extra == {"secret": True} and value is not None
        yield ExplainedSetting(
            name=name,
            value=MASK if masked else _show(value),
            source="environment" if name in environment else "default",
            meaning=meta.description or "",
        )


def _meta(annotated: object) -> Meta:
    return next(part for part in get_args(annotated) if isinstance(part, Meta))


def _read(text: str, annotated: object) -> object:
    wanted = get_args(annotated)[0]
    if not text and type(None) in get_args(wanted):
        return None
    if wanted == list[float]:
        return msgspec.convert([part.strip() for part in text.split(",")], list[float], strict=False)
    if Path in (wanted, *get_args(wanted)):
        return Path(text).expanduser()
    return msgspec.convert(text, annotated, strict=False)


def _show(value: object) -> str:
    if isinstance(value, list):
        return ",".join(f"{part:g}" for part in value)
    return "" if value is None else str(value)
