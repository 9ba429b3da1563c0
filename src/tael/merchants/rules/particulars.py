"""Can what an application says be right, is it all there, and what of it may be shown? No input, no output, no clock."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import msgspec
from stdnum.cn import ric, uscc

from tael.foundation.documents import LARGEST_BYTES, Seen, look_at
from tael.merchants.errors import ApplicationMalformed, DocumentRefused, NotFromThisState
from tael.merchants.model import (
    Application,
    ApplicationState,
    BankAccount,
    Business,
    Contact,
    IdKind,
    LegalPerson,
    MerchantDocumentKind,
    Particulars,
    Uploads,
)

MOST_DOCUMENTS = 40
MOST_UPLOADS = 80
"""Documents of one application, those that were taken out again among them: their bytes are kept."""
MOST_BYTES = 80_000_000
"""Of all uploads of one application together."""
NEEDED = (
    MerchantDocumentKind.BUSINESS_LICENCE,
    MerchantDocumentKind.LEGAL_PERSON_ID,
    MerchantDocumentKind.BANK_PROOF,
)
"""The documents without which nothing can be reviewed."""
FROM: Mapping[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.DRAFT: frozenset({ApplicationState.SUBMITTED}),  # taken back
    ApplicationState.SUBMITTED: frozenset({ApplicationState.DRAFT, ApplicationState.CHANGES_REQUESTED}),
    ApplicationState.IN_REVIEW: frozenset({ApplicationState.SUBMITTED}),
    ApplicationState.CHANGES_REQUESTED: frozenset({ApplicationState.IN_REVIEW}),
    ApplicationState.APPROVED: frozenset({ApplicationState.IN_REVIEW}),
    ApplicationState.REJECTED: frozenset({ApplicationState.IN_REVIEW}),
}
"""From where an application comes into each state."""
WITH_THE_MERCHANT = frozenset({ApplicationState.DRAFT, ApplicationState.CHANGES_REQUESTED})
"""In these states the merchant fills in; in all others it only reads."""

_MCC = re.compile(r"[0-9]{4}")
_ACCOUNT = re.compile(r"[0-9]{8,30}")
_BANK_CODE = re.compile(r"([0-9]{12})?")
_PASSPORT = re.compile(r"[A-Z0-9]{6,12}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
_WEBSITE = re.compile(r"(https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[\x21-\x7e]{0,200})?)?")

A = TypeVar("A", bound=Application)
S = TypeVar("S", Business, LegalPerson, BankAccount, Contact)


def moved(application: A, state: ApplicationState) -> A:
    """The application in another state; refuses `NotFromThisState`."""
    if application.state not in FROM[state]:
        raise NotFromThisState(
            f"The application is {application.state}; from there it does not become {state}."
        )
    return msgspec.structs.replace(application, state=state)


def check_with_the_merchant(application: Application) -> None:
    """Refuses `NotFromThisState` what is not the merchant's to fill in now."""
    if application.state not in WITH_THE_MERCHANT:
        raise NotFromThisState(
            f"The application is {application.state}: nobody fills it in now.",
            hint="Take it back first, if nobody has begun with the review.",
        )


def check_particulars(said: Particulars) -> None:
    """Refuses `ApplicationMalformed`, naming the field, what cannot be right."""
    if said.business is not None:
        _check_business(said.business)
    if said.legal_person is not None:
        _check_person(said.legal_person)
    if said.account is not None:
        check_account(said.account, field="account")
    if said.contact is not None:
        _match(_EMAIL, said.contact.email, "contact.email", "This is no e-mail address.")
        _match(_PHONE, said.contact.phone, "contact.phone", "This is no telephone number.")


def _check_business(said: Business) -> None:
    if not uscc.is_valid(said.credit_code) or uscc.compact(said.credit_code) != said.credit_code:
        raise ApplicationMalformed(
            "This is no unified social credit code: its check character does not fit.",
            field="business.credit_code",
            hint="18 capital letters and digits, as in the business licence.",
        )
    _match(_MCC, said.mcc, "business.mcc", "A merchant category code has four digits.")
    _match(_WEBSITE, said.website, "business.website", "A website begins with https:// or http://.")


def _check_person(said: LegalPerson) -> None:
    if said.id_kind is IdKind.PASSPORT:
        _match(_PASSPORT, said.id_number, "legal_person.id_number", "This is no number of a passport.")
    elif not ric.is_valid(said.id_number) or ric.compact(said.id_number) != said.id_number:
        raise ApplicationMalformed(
            "This is no number of a resident identity card: its check digit does not fit.",
            field="legal_person.id_number",
        )


def check_account(said: BankAccount, *, field: str) -> None:
    """Refuses `ApplicationMalformed`: a number or code that no bank gives out."""
    _match(_ACCOUNT, said.number, f"{field}.number", "An account number has 8 to 30 digits.")
    _match(_BANK_CODE, said.bank_code, f"{field}.bank_code", "A bank code has twelve digits.")


def _match(pattern: re.Pattern[str], text: str, field: str, otherwise: str) -> None:
    if not pattern.fullmatch(text):
        raise ApplicationMalformed(otherwise, field=field)


def what_is_missing(
    said: Particulars, documents: Collection[MerchantDocumentKind], *, agreement: bool
) -> list[str]:
    """The fields without which an application cannot be submitted, in the order of the form.

    agreement   whether the agreement that holds is signed
    """
    missing = [name for name in said.__struct_fields__ if getattr(said, name) is None]
    missing += [f"documents.{kind}" for kind in NEEDED if kind not in documents]
    return missing if agreement else [*missing, "agreement"]


def look_at_document(content: bytes) -> Seen:
    """What the bytes are, whatever was said of them; refuses `DocumentRefused`."""
    if not 1 <= len(content) <= LARGEST_BYTES:
        raise DocumentRefused(f"A document has 1 to {LARGEST_BYTES:,} bytes.", field="content")
    seen = look_at(content)
    if seen is None:
        raise DocumentRefused(
            "These bytes are neither PDF nor PNG nor JPEG.", field="content", hint="Scan or export it as PDF."
        )
    return seen


def check_room(before: Uploads, size: int) -> None:
    """Refuses `DocumentRefused` if one more document of so many bytes is too much for one application."""
    if before.documents >= MOST_DOCUMENTS:
        raise DocumentRefused(f"An application has at most {MOST_DOCUMENTS} documents.", hint="Take one out.")
    if before.uploads >= MOST_UPLOADS:
        raise DocumentRefused(
            f"At most {MOST_UPLOADS} documents are taken for one application, also of those that were taken out.",
            hint="Ask support.",
        )
    if before.bytes + size > MOST_BYTES:
        raise DocumentRefused(
            f"All documents of one application have at most {MOST_BYTES:,} bytes, also those that were taken out.",
            field="content",
            hint="Send a smaller file.",
        )


def masked(said: Particulars) -> Particulars:
    """The same with what is secret hidden but for its ends."""
    return Particulars(
        business=said.business,
        legal_person=_with(said.legal_person, "id_number", _ends_of_id),
        account=None if said.account is None else masked_account(said.account),
        contact=_with(said.contact, "phone", _last_four),
    )


def masked_account(account: BankAccount) -> BankAccount:
    """The account with its last four digits alone."""
    return msgspec.structs.replace(account, number=_last_four(account.number))


def _with(section: S | None, field: str, hide: Callable[[str], str]) -> S | None:
    return (
        None
        if section is None
        else msgspec.structs.replace(section, **{field: hide(getattr(section, field))})
    )


def _last_four(text: str) -> str:
    return "*" * (len(text) - 4) + text[-4:]


def _ends_of_id(text: str) -> str:
    return text[:1] + "*" * (len(text) - 2) + text[-1:]
