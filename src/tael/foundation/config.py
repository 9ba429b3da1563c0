"""How is this installation set up? The settings (`foundation.settings`) as the environment says them.

A setting comes from the environment variable `TAEL_` + its name in capitals, or from its default. A name
that starts with `TAEL_` and is not listed there refuses to start, so that a typing error never silently
means "the default".
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from msgspec import Meta

from tael.foundation.errors import Malformed
from tael.foundation.settings import TEST, Settings

__all__ = [
    "TEST",
    "ConfigurationRefused",
    "ExplainedSetting",
    "Settings",
    "environment_for",
    "explain_settings",
    "load_settings",
]

PREFIX = "TAEL_"
MASK = "********"


class ConfigurationRefused(Malformed):
    """The settings do not allow a start; the message names each one that is wrong."""

    code = "configuration_refused"


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
