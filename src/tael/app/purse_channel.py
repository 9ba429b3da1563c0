"""How does a house come to be paid from its own wallets? By a channel of the name that their books use."""

from tael.app.house import House
from tael.wallets.api import BALANCE_CHANNEL


async def install_balance(house: House, *, by: str) -> None:
    """Let merchants be paid by balance, at once: for test mode, demos and tests. Operators propose and approve it."""
    async with house.database.transaction() as tx:
        await house.channels.install(
            tx,
            BALANCE_CHANNEL,
            connector=BALANCE_CHANNEL,
            settings={"wallet_url": house.settings.public_url},
            credentials={},
            by=by,
        )
