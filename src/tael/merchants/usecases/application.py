"""How does a merchant apply? It fills in, hands in documents, submits; and a first person looks at it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.merchants import store
from tael.merchants.errors import ApplicationIncomplete, NotFromThisState
from tael.merchants.events import MerchantApplied
from tael.merchants.model import (
    Application,
    ApplicationState,
    ApplicationView,
    Merchant,
    MerchantDocument,
    Particulars,
)
from tael.merchants.rules import particulars
from tael.merchants.schemas import (
    BeginReview,
    EditApplication,
    RemoveDocument,
    RequestChanges,
    SubmitApplication,
    TakeApplicationBack,
    UploadDocument,
)
from tael.merchants.store import SQL
from tael.merchants.usecases import agreement
from tael.merchants.usecases.desk import Doing, KeptApplication, about_document, about_particulars, plain


async def open_application(doing: Doing, merchant: Merchant) -> Application:
    """An empty draft for a new merchant."""
    nothing = Particulars()
    application = KeptApplication(
        id=new_id("app"),
        merchant_id=merchant.id,
        state=ApplicationState.DRAFT,
        particulars=nothing,
        sealed=doing.seal(nothing, about=about_particulars(merchant.id)),
        created_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_application, application)
    return application


async def edit_application(doing: Doing, command: EditApplication) -> ApplicationView:
    """Fill in; refuses `NotFromThisState`, `ApplicationMalformed`."""
    await doing.merchant()
    application = await doing.application()
    particulars.check_with_the_merchant(application)
    said = msgspec.convert(
        {name: each for name in command.__struct_fields__ if (each := getattr(command, name)) is not None},
        Particulars,
        from_attributes=True,
    )
    particulars.check_particulars(said)
    before = full_particulars(doing, application)
    after = msgspec.structs.replace(
        before,
        **{name: each for name in said.__struct_fields__ if (each := getattr(said, name)) is not None},
    )
    return await _write(
        doing,
        msgspec.structs.replace(
            application,
            particulars=particulars.masked(after),
            sealed=doing.seal(after, about=about_particulars(doing.merchant_id)),
        ),
    )


async def submit_application(doing: Doing, _command: SubmitApplication) -> ApplicationView:
    """Hand in; refuses `NotFromThisState`, `ApplicationIncomplete`."""
    merchant = await doing.merchant()
    application = await doing.application()
    handed_in = particulars.moved(application, ApplicationState.SUBMITTED)
    missing = await missing_from(doing.tx, application, now=doing.now)
    if missing:
        raise ApplicationIncomplete(
            f"Still missing: {', '.join(missing)}.", field=missing[0], missing=" ".join(missing)
        )
    view = await _write(doing, msgspec.structs.replace(handed_in, submitted_at=doing.now, reasons=()))
    await doing.tell(
        MerchantApplied(object_id=merchant.id, happened_at=doing.now, application_id=application.id)
    )
    return view


async def take_application_back(doing: Doing, _command: TakeApplicationBack) -> ApplicationView:
    """Fill in further; refuses `NotFromThisState` once somebody has begun with the review."""
    await doing.merchant()
    application = await doing.application()
    if application.state is ApplicationState.CHANGES_REQUESTED:
        raise NotFromThisState("The application is with you already.")
    return await _write(doing, particulars.moved(application, ApplicationState.DRAFT))


async def begin_review(doing: Doing, _command: BeginReview) -> Application:
    """Take up a review; refuses `NotFromThisState`."""
    await doing.merchant()
    taken = particulars.moved(await doing.application(), ApplicationState.IN_REVIEW)
    return await _write(doing, msgspec.structs.replace(taken, reviewer=doing.actor))


async def request_changes(doing: Doing, command: RequestChanges) -> Application:
    """Give it back; refuses `NotFromThisState`."""
    await doing.merchant()
    given_back = particulars.moved(await doing.application(), ApplicationState.CHANGES_REQUESTED)
    return await _write(doing, msgspec.structs.replace(given_back, reasons=command.reasons))


async def upload_document(doing: Doing, command: UploadDocument) -> MerchantDocument:
    """Keep a document, sealed; refuses `DocumentRefused`, `NotFromThisState`."""
    seen = particulars.look_at_document(command.content)
    await doing.merchant()
    particulars.check_with_the_merchant(await doing.application())
    uploaded = await store.uploads_of(doing.tx, doing.merchant_id)
    particulars.check_room(uploaded, seen.size)
    document = MerchantDocument(
        id=new_id("doc"),
        merchant_id=doing.merchant_id,
        kind=command.kind,
        name=command.name,
        media_type=seen.media_type,
        size=seen.size,
        digest=seen.digest,
        uploaded_by=doing.actor,
        uploaded_at=doing.now,
    )
    sealed = doing.desk.sealer.seal(command.content, about=about_document(document.id))
    await store.write(doing.tx, SQL.insert_document, document, content=sealed)
    return document


async def remove_document(doing: Doing, _command: RemoveDocument) -> MerchantDocument:
    """Take a document out; refuses `NotFromThisState`, `NoSuchMerchantRecord`."""
    await doing.merchant()
    found = await store.find(
        doing.tx, SQL.find_document, MerchantDocument, doing.about, merchant_id=doing.merchant_id
    )
    particulars.check_with_the_merchant(await doing.application())
    if found.removed_at is not None:
        return found
    await doing.tx.run(SQL.remove_document, id=found.id, now=doing.now)
    return msgspec.structs.replace(found, removed_at=doing.now)


def full_particulars(doing: Doing, application: KeptApplication) -> Particulars:
    """What an application says, secrets and all: for use inside, never for an answer."""
    return doing.open(application.sealed, Particulars, about=about_particulars(application.merchant_id))


async def missing_from(tx: Transaction, application: Application, *, now: datetime) -> Sequence[str]:
    """What stands between an application and its submission."""
    documents = await store.documents_of(tx, application.merchant_id)
    return particulars.what_is_missing(
        application.particulars,
        {each.kind for each in documents},
        agreement=not (await agreement.standing(tx, application.merchant_id, now=now)).must_sign,
    )


async def write_application(doing: Doing, application: KeptApplication) -> None:
    """Write an application as it is now. What was proposed about the merchant before is out of date."""
    business = application.particulars.business
    await doing.tx.run(SQL.touch_merchant, id=application.merchant_id)
    await store.write(
        doing.tx,
        SQL.update_application,
        application,
        credit_code=business.credit_code if business else None,
    )


async def view_of(tx: Transaction, application: Application, *, now: datetime) -> ApplicationView:
    """An application with its documents and what is missing."""
    return ApplicationView(
        **{name: getattr(application, name) for name in Application.__struct_fields__},
        documents=await store.documents_of(tx, application.merchant_id),
        missing=await missing_from(tx, application, now=now),
    )


async def _write(doing: Doing, application: KeptApplication) -> ApplicationView:
    await write_application(doing, application)
    return await view_of(doing.tx, plain(application, Application), now=doing.now)
