"""Does a mistake in the settings stop the start, all mistakes at once, without a secret in the text?"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tael.foundation.config import MASK, ConfigurationRefused, Settings, explain_settings, load_settings

SECRET_URL = "postgresql://tael:hunter2@db.example/tael"


def refusal_of(environment: Mapping[str, str]) -> ConfigurationRefused:
    with pytest.raises(ConfigurationRefused) as refused:
        load_settings(environment)
    return refused.value


def test_nothing_set_means_every_default() -> None:
    assert load_settings({"PATH": "/bin", "HOME": "/root"}) == Settings()


def test_an_unknown_name_refuses_to_start_and_suggests_the_right_one() -> None:
    message = refusal_of({"TAEL_PUBLIC_LISTN": "127.0.0.1:1"}).message

    assert "TAEL_PUBLIC_LISTN is not a setting; did you mean TAEL_PUBLIC_LISTEN?" in message


def test_an_unknown_name_that_resembles_none_is_refused_too() -> None:
    assert refusal_of({"TAEL_XQZ": "1"}).message == "TAEL_XQZ is not a setting."


def test_names_of_others_are_not_our_concern() -> None:
    assert load_settings({"TAELX": "1", "XTAEL_HOME": "1", "tael_home": "1"}) == Settings()


def test_everything_that_is_wrong_is_named_at_once() -> None:
    refusal = refusal_of(
        {
            "TAEL_DATABASE_POOL_SIZE": "many",
            "TAEL_LOG_LEVEL": "loud",
            "TAEL_STOP_SECONDS": "soon",
            "TAEL_INQUIRY_SECONDS": "1,two,3",
            "TAEL_INTERNAL_MAY_BE_PUBLIC": "perhaps",
            "TAEL_NOT_THERE": "1",
        }
    )

    lines = refusal.message.splitlines()
    assert [line.split("=")[0].split(" ")[0] for line in lines] == [
        "TAEL_DATABASE_POOL_SIZE",
        "TAEL_INQUIRY_SECONDS",
        "TAEL_INTERNAL_MAY_BE_PUBLIC",
        "TAEL_LOG_LEVEL",
        "TAEL_NOT_THERE",
        "TAEL_STOP_SECONDS",
    ]
    assert "'many'" in lines[0]
    assert refusal.hint is not None
    assert "tael config" in refusal.hint


def test_each_setting_is_read_as_its_type() -> None:
    settings = load_settings(
        {
            "TAEL_HOME": "~/books",
            "TAEL_DATABASE_URL": SECRET_URL,
            "TAEL_DATABASE_POOL_SIZE": "3",
            "TAEL_STOP_SECONDS": "2.5",
            "TAEL_INTERNAL_MAY_BE_PUBLIC": "true",
            "TAEL_INQUIRY_SECONDS": "1, 2.5,60",
            "TAEL_LOG_FORMAT": "console",
            "TAEL_POSTGRES_OS_USER": "tael",
            "TAEL_LEDGER_HEADS_FOLDER": "/heads",
        }
    )

    assert settings.home == Path("~/books").expanduser()
    assert settings.database_url == SECRET_URL
    assert settings.database_pool_size == 3
    assert settings.stop_seconds == 2.5
    assert settings.internal_may_be_public is True
    assert settings.inquiry_seconds == [1.0, 2.5, 60.0]
    assert settings.log_format == "console"
    assert settings.postgres_os_user == "tael"
    assert settings.ledger_heads_folder == Path("/heads")


def test_every_setting_is_explained_with_value_source_and_meaning() -> None:
    environment = {"TAEL_LANE_PARALLEL": "2"}
    explained = {line.name: line for line in explain_settings(load_settings(environment), environment)}

    assert len(explained) == len(Settings.__struct_fields__)
    assert all(line.meaning for line in explained.values())
    assert (explained["TAEL_LANE_PARALLEL"].value, explained["TAEL_LANE_PARALLEL"].source) == (
        "2",
        "environment",
    )
    assert explained["TAEL_LANE_BATCH_LIMIT"].source == "default"
    assert explained["TAEL_INQUIRY_SECONDS"].value == "2,3,5,10,15,30,60,300,900"
    assert explained["TAEL_DATABASE_URL"].value == "", "a secret that is not set has nothing to mask"


def test_secrets_are_masked_when_they_are_explained() -> None:
    environment = {"TAEL_DATABASE_URL": SECRET_URL, "TAEL_DATABASE_OWNER_URL": SECRET_URL}
    lines = [str(line) for line in explain_settings(load_settings(environment), environment)]

    assert not any("hunter2" in line for line in lines)
    assert sum(MASK in line for line in lines) == 2


def test_a_refusal_shows_no_secret() -> None:
    refusal = refusal_of(
        {"TAEL_DATABASE_URL": SECRET_URL, "TAEL_DATABASE_URI": SECRET_URL, "TAEL_LOG_LEVEL": "x"}
    )

    assert "TAEL_DATABASE_URI is not a setting; did you mean TAEL_DATABASE_URL?" in refusal.message
    assert "hunter2" not in refusal.message
