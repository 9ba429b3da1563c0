"""Who is to be paid? By telephone number, by a code that they show, or somebody who was paid before."""

from collections.abc import Sequence

import msgspec

from tael.foundation.errors import Malformed
from tael.foundation.ids import check_id
from tael.users.model import Payee
from tael.wallets.api.lookups import Lookups
from tael.wallets.model.bills import BillFilter, BillKind, Counterparty, Direction
from tael.wallets.model.codes import PersonalCode
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import me
from tael.web.wallet.behind import Behind

_LOOKED_THROUGH, _LATELY = 30, 4


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A payee, as far as a payer may know them, and how they were found."""

    payee: Payee
    code: PersonalCode | None
    scanned: bool
    """Whether a camera read the code, in front of the payee."""
    stranger: bool
    """Whether no money went that way, or only lately."""

    @property
    def named(self) -> str:
        """What is sent for the payee: the code by which they were found, or their id."""
        return self.payee.user_id if self.code is None else self.code.code


async def find(
    behind: Behind,
    request: PageRequest,
    said: str,
    *,
    scanned: bool = False,
    by_number: bool = False,
    still: bool = False,
) -> Target:
    """Whoever is meant; refuses `NoSuchUser`, `NoSuchCode`, `PhoneMalformed`.

    by_number   whether a telephone number names somebody, too. Numbers can be tried, so whoever allows it has counted first
    still       whether the payer has seen them before: then a code on a screen whose time is over still says who it was
    """
    code = await behind.wallets.codes.find(said)
    if code is not None and not (still and code.expires_at is not None):
        behind.wallets.codes.check_good(code)
    if code is None and not by_number:
        check_id(said, prefix="usr", field="payee")
    payee = await behind.people.users.payee_of(said if code is None else code.user_id)
    if payee.user_id == me(request).owner:
        raise ToOneself("Nobody sends money to themselves.", field="payee")
    return Target(
        payee=payee,
        code=code,
        scanned=scanned,
        stranger=not await behind.wallets.knows(me(request).owner, payee.user_id),
    )


async def lately_paid(behind: Behind, request: PageRequest) -> Sequence[Counterparty]:
    """Whom somebody sent money to, the last first, each once."""
    wanted = BillFilter(
        user_id=me(request).owner, kind=BillKind.TRANSFER, direction=Direction.OUT, limit=_LOOKED_THROUGH
    )
    found = [each.details.counterparty for each in (await behind.wallets.bills.list(wanted)).items]
    return list({each.user_id: each for each in reversed(found) if each is not None}.values())[::-1][:_LATELY]


async def count_lookup(behind: Behind, request: PageRequest) -> None:
    """Refuses `TooManyLookups`: nobody reads our users off by trying numbers."""
    await lookups_of(behind).count(me(request).owner)


def lookups_of(behind: Behind) -> Lookups:
    """Counts who looks, in the buckets in which the API does."""
    return Lookups(behind.limits, behind.wallets)


class ToOneself(Malformed):
    """The payee is the payer."""

    code = "wallet.to_oneself"
