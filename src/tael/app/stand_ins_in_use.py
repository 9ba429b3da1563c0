"""How does the house of test mode come to speak to the stand-ins? It is told of them as it starts."""

from collections.abc import Mapping

from tael.app.house import House
from tael.app.purse_channel import install_balance
from tael.app.simulated import install_simulator, use_sources
from tael.app.stand_in_places import BY, other_stand_ins, stand_ins
from tael.foundation.config import Settings
from tael.wallets.api import BALANCE_CHANNEL


async def use_stand_ins(house: House, settings: Settings) -> None:
    """Let the house of test mode speak to the stand-ins, at the addresses that they have now.

    What its operator has set up otherwise stays.

    settings   of the house of live, whose processes play them
    """
    known = set(house.channels.names())
    for name, stand_in in stand_ins(settings).items():
        in_use = house.channels.configuration(name) if name in known else None
        if in_use is None or (in_use.approved_by == BY and not _leads_to(in_use.settings, stand_in.url)):
            await install_simulator(house, name, stand_in.home, stand_in.url, by=BY)
    if BALANCE_CHANNEL not in known:
        await install_balance(house, by=BY)
    played = other_stand_ins(settings)["verification"]
    played.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    use_sources(house.people.verification.sources, played.home, played.url)


def _leads_to(settings: Mapping[str, object], url: str) -> bool:
    return any(str(value).startswith(url) for value in settings.values())
