"""Is a password of the operator's list of breached ones taken nowhere: at registration, when it is changed, by a link?"""

import hashlib
from pathlib import Path

import pytest

from tael.app.house import open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import ConfigurationRefused, load_settings
from tael.identity.errors import PasswordWeak
from tael.identity.model import LinkKind
from tests.integration.identity_desk import AT_HOME, PASSWORD, a_door

BREACHED = "brass-lantern-meadow"


def a_list(folder: Path) -> Path:
    file = folder / "breached.txt"
    file.write_text(f"{hashlib.sha1(BREACHED.encode(), usedforsecurity=False).hexdigest().upper()}:37\n")
    return file


async def test_a_breached_password_is_chosen_nowhere(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with a_door(urls, tmp_path, breached=a_list(tmp_path)) as door:
        with pytest.raises(PasswordWeak, match="has been in a breach"):
            await door.register(password=BREACHED)
        ann = await door.register()
        present = await door.identity.present((await ann.sign_in()).token)
        with pytest.raises(PasswordWeak, match="has been in a breach"):
            await door.identity.change_password(present, PASSWORD, BREACHED, AT_HOME)
        link = await door.identity.make_link(ann.login.email, LinkKind.RESET_PASSWORD, actor="operator:test")
        with pytest.raises(PasswordWeak, match="has been in a breach"):
            await door.identity.reset(link.token, BREACHED, AT_HOME)
        await door.identity.reset(link.token, f"{BREACHED}-otter", AT_HOME)


async def test_the_list_is_a_setting_and_read_at_the_start(urls: DatabaseUrls, tmp_path: Path) -> None:
    named = {"TAEL_HOME": str(tmp_path), "TAEL_BREACHED_PASSWORDS_FILE": str(a_list(tmp_path))}
    async with open_house(load_settings(named), urls.application) as house:
        with pytest.raises(PasswordWeak):
            await house.people.identity.hash_of(BREACHED)
    nowhere = load_settings(named | {"TAEL_BREACHED_PASSWORDS_FILE": str(tmp_path / "nowhere.txt")})
    with pytest.raises(ConfigurationRefused, match="cannot be read: No such file"):
        async with open_house(nowhere, urls.application):
            pass
