"""Which refusals have a code of their own? Each is a class, below one of the kinds of `refusals.py`.

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping

from tael.client.refusals import (
    Broken,
    Conflict,
    Declined,
    Forbidden,
    Malformed,
    NotFound,
    NotUnderstood,
    Refused,
    TaelError,
    Throttled,
    Unauthenticated,
    Unavailable,
    Uncertain,
    Unreachable,
)

__all__ = [
    "AddressRefused",
    "BodyTooLarge",
    "Broken",
    "ChannelsNoSuchChannel",
    "CheckoutCodeUnreadable",
    "CheckoutLinkOff",
    "CheckoutMalformed",
    "CheckoutNoSuchCharge",
    "CheckoutNoSuchLink",
    "CheckoutNoSuchSession",
    "CheckoutNoSuchStaticCode",
    "CheckoutShownCodeUnknown",
    "CheckoutStaticCodeLimit",
    "Conflict",
    "CustomersCustomerExists",
    "CustomersMalformed",
    "CustomersMandateExceeded",
    "CustomersMandateNeeded",
    "CustomersMethodDetached",
    "CustomersNoSuchCustomer",
    "CustomersNoSuchMandate",
    "CustomersNoSuchPaymentMethod",
    "Declined",
    "DisputesAnswerRefused",
    "DisputesEvidenceMalformed",
    "DisputesFileNotTaken",
    "DisputesFileTooLarge",
    "DisputesNoSuchDispute",
    "DisputesNoSuchFile",
    "DisputesNotAnswerable",
    "DisputesTooLate",
    "ExportsMalformed",
    "ExportsNoSuchExport",
    "ExportsNotReady",
    "ExportsTooMany",
    "Forbidden",
    "IdempotencyInFlight",
    "IdempotencyKeyReused",
    "LedgerAccountClosed",
    "LedgerAccountDiffers",
    "LedgerAccountFrozen",
    "LedgerAccountInUse",
    "LedgerAccountMalformed",
    "LedgerAlreadyReversed",
    "LedgerBalanceTooLarge",
    "LedgerClosedFurther",
    "LedgerEntryIdReused",
    "LedgerEntryMalformed",
    "LedgerHoldEnded",
    "LedgerHoldExceeded",
    "LedgerHoldExpired",
    "LedgerKeyRefused",
    "LedgerLimitPassed",
    "LedgerLinkedRefused",
    "LedgerMonthArchived",
    "LedgerNoSuchAccount",
    "LedgerNoSuchEntry",
    "LedgerNotEndable",
    "LedgerNotReversible",
    "LedgerPeriodClosed",
    "LedgerPeriodNotClosed",
    "LedgerPeriodNotOver",
    "LedgerReportTooLong",
    "LedgerStatementChanged",
    "Malformed",
    "MerchantsAgreementDiffers",
    "MerchantsAlreadyMember",
    "MerchantsApplicationIncomplete",
    "MerchantsApplicationMalformed",
    "MerchantsBeyondYours",
    "MerchantsDocumentRefused",
    "MerchantsKeyEnded",
    "MerchantsKeyExpired",
    "MerchantsKeyMalformed",
    "MerchantsKeyRefused",
    "MerchantsLastOwner",
    "MerchantsMalformed",
    "MerchantsNeedsReview",
    "MerchantsNoSuchKey",
    "MerchantsNoSuchMember",
    "MerchantsNoSuchRecord",
    "MerchantsNoSuchSigningKey",
    "MerchantsNotFromThisState",
    "MerchantsOwnerByPersonOnly",
    "MerchantsSuspended",
    "MerchantsTeamMalformed",
    "MerchantsTerminalKnown",
    "MerchantsTooManyKeys",
    "NotFound",
    "NotUnderstood",
    "OffersChanged",
    "OffersEnded",
    "OffersMalformed",
    "OffersNoSuchCoupon",
    "OffersNoSuchOffer",
    "OffersNotUsable",
    "OffersNotYours",
    "PaymentsAlreadyAuthorised",
    "PaymentsAlreadyCaptured",
    "PaymentsCaptureExceedsAuthorised",
    "PaymentsClosing",
    "PaymentsEnded",
    "PaymentsHoldNotSuited",
    "PaymentsMalformed",
    "PaymentsMerchantBalanceTooLow",
    "PaymentsNoSuchPayment",
    "PaymentsNoSuchRefund",
    "PaymentsNotAuthorised",
    "PaymentsNotCaptured",
    "PaymentsRefundExceedsCaptured",
    "PaymentsRefundNotSuited",
    "PaymentsStepUndecided",
    "ProposalsEnded",
    "ProposalsNoSuchProposal",
    "ProposalsNotYours",
    "PublicKeyMalformed",
    "RateLimited",
    "Refused",
    "RoutingNoChannel",
    "SignatureRefused",
    "SignatureSeen",
    "TaelError",
    "Throttled",
    "Unauthenticated",
    "Unavailable",
    "Uncertain",
    "UnknownVersion",
    "Unreachable",
    "WebhooksAddressRefused",
    "WebhooksEndpointDisabled",
    "WebhooksEndpointMalformed",
    "WebhooksNoSuchDelivery",
    "WebhooksNoSuchEndpoint",
    "WebhooksNoSuchEvent",
    "WebhooksTooManyEndpoints",
    "WrongMediaType",
]


class AddressRefused(Forbidden):
    """The key is good at other addresses only."""

    CODE = "address_refused"


class BodyTooLarge(Malformed):
    """The body is larger than we read."""

    CODE = "body_too_large"


class ChannelsNoSuchChannel(NotFound):
    """No channel of that name is configured here."""

    CODE = "channels.no_such_channel"


class CheckoutCodeUnreadable(Malformed):
    """The text is no merchant-presented code as EMVCo describes it."""

    CODE = "checkout.code_unreadable"


class CheckoutLinkOff(Conflict):
    """The link or code is switched off, or its time is over."""

    CODE = "checkout.link_off"


class CheckoutMalformed(Malformed):
    """The particulars of a session, a link, a code or a charge cannot be used."""

    CODE = "checkout.malformed"


class CheckoutNoSuchCharge(NotFound):
    """The merchant has made no charge of that id at a counter."""

    CODE = "checkout.no_such_charge"


class CheckoutNoSuchLink(NotFound):
    """There is no payment link of that id or address."""

    CODE = "checkout.no_such_link"


class CheckoutNoSuchSession(NotFound):
    """The merchant has no checkout session of that id."""

    CODE = "checkout.no_such_session"


class CheckoutNoSuchStaticCode(NotFound):
    """There is no static code of that id or address."""

    CODE = "checkout.no_such_static_code"


class CheckoutShownCodeUnknown(Malformed):
    """What the payer shows is no payment code that we know."""

    CODE = "checkout.shown_code_unknown"


class CheckoutStaticCodeLimit(Declined):
    """More than a payer may pay by static codes in one day."""

    CODE = "checkout.static_code_limit"


class CustomersCustomerExists(Conflict):
    """The merchant has a customer of that reference already."""

    CODE = "customers.customer_exists"


class CustomersMalformed(Malformed):
    """What was sent contradicts itself."""

    CODE = "customers.malformed"


class CustomersMandateExceeded(Declined):
    """The mandate does not reach so far: it is over, revoked, about something else, or its limit is reached."""

    CODE = "customers.mandate_exceeded"


class CustomersMandateNeeded(Declined):
    """Nobody is charged while they are not there, unless they have agreed to that."""

    CODE = "customers.mandate_needed"


class CustomersMethodDetached(Conflict):
    """The payment method was given up: nobody is charged by it any more."""

    CODE = "customers.method_detached"


class CustomersNoSuchCustomer(NotFound):
    """There is no such customer, or it is another merchant's."""

    CODE = "customers.no_such_customer"


class CustomersNoSuchMandate(NotFound):
    """There is no such mandate, or it is another merchant's."""

    CODE = "customers.no_such_mandate"


class CustomersNoSuchPaymentMethod(NotFound):
    """There is no such payment method, or it is another merchant's."""

    CODE = "customers.no_such_payment_method"


class DisputesAnswerRefused(Declined):
    """The channel definitely did not take the answer; the draft is still there."""

    CODE = "disputes.answer_refused"


class DisputesEvidenceMalformed(Malformed):
    """The channel takes no such evidence: an unknown field, too long, or nothing at all."""

    CODE = "disputes.evidence_malformed"


class DisputesFileNotTaken(Malformed):
    """The bytes are neither PDF nor PNG nor JPEG, whatever the file is called."""

    CODE = "disputes.file_not_taken"


class DisputesFileTooLarge(Malformed):
    """The file has more bytes than are taken, or all files together have."""

    CODE = "disputes.file_too_large"


class DisputesNoSuchDispute(NotFound):
    """There is no such dispute, or it is another merchant's."""

    CODE = "disputes.no_such_dispute"


class DisputesNoSuchFile(NotFound):
    """There is no such file in the dispute."""

    CODE = "disputes.no_such_file"


class DisputesNotAnswerable(Conflict):
    """Nothing can be said in this dispute now: it was answered, is under review, or is decided."""

    CODE = "disputes.not_answerable"


class DisputesTooLate(Declined):
    """The time in which it could be answered is over."""

    CODE = "disputes.too_late"


class ExportsMalformed(Malformed):
    """There is no such kind, column, filter, format or time zone."""

    CODE = "exports.malformed"


class ExportsNoSuchExport(NotFound):
    """There is no such export, it is another merchant's, or its time is over."""

    CODE = "exports.no_such_export"


class ExportsNotReady(Conflict):
    """The file is not complete, or there will be none."""

    CODE = "exports.not_ready"


class ExportsTooMany(Throttled):
    """So many exports are being written for this merchant that a further one has to wait."""

    CODE = "exports.too_many"


class IdempotencyInFlight(Conflict):
    """The first call with this Idempotency-Key has not ended yet."""

    CODE = "idempotency_in_flight"


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key was used before, for another request."""

    CODE = "idempotency_key_reused"


class LedgerAccountClosed(Declined):
    """The account is closed: nothing moves on it any more."""

    CODE = "ledger.account_closed"


class LedgerAccountDiffers(Conflict):
    """An account of that code and currency is open already, with another class or limit."""

    CODE = "ledger.account_differs"


class LedgerAccountFrozen(Declined):
    """The account is frozen in the direction in which the entry would move it."""

    CODE = "ledger.account_frozen"


class LedgerAccountInUse(Conflict):
    """An account with a balance or with holds cannot be closed."""

    CODE = "ledger.account_in_use"


class LedgerAccountMalformed(Malformed):
    """A code, currency, limit or metadata of an account cannot be used."""

    CODE = "ledger.account_malformed"


class LedgerAlreadyReversed(Conflict):
    """The entry was taken back before."""

    CODE = "ledger.already_reversed"


class LedgerBalanceTooLarge(Declined):
    """The balance would not fit into the 63 bits that the books keep for it."""

    CODE = "ledger.balance_too_large"


class LedgerClosedFurther(Conflict):
    """The books are closed further already; going back is a re-opening, and said as such."""

    CODE = "ledger.closed_further"


class LedgerEntryIdReused(Conflict):
    """The entry's id was used before for an entry with other content; the message names what differs."""

    CODE = "ledger.entry_id_reused"


class LedgerEntryMalformed(Malformed):
    """A field cannot be what it is, or the postings are empty, zero, or do not sum to zero in each currency."""

    CODE = "ledger.entry_malformed"


class LedgerHoldEnded(Conflict):
    """The pending entry was posted, voided or expired before; the message says which."""

    CODE = "ledger.hold_ended"


class LedgerHoldExceeded(Declined):
    """More is to be posted than the pending entry holds, or on other accounts."""

    CODE = "ledger.hold_exceeded"


class LedgerHoldExpired(Conflict):
    """The pending entry's time is over."""

    CODE = "ledger.hold_expired"


class LedgerKeyRefused(Unauthenticated):
    """The API key is missing, mistyped, or revoked."""

    CODE = "ledger.key_refused"


class LedgerLimitPassed(Declined):
    """The balance would pass the account's limit; the message names the account, the limit and the amount missing."""

    CODE = "ledger.limit_passed"


class LedgerLinkedRefused(Conflict):
    """An entry that this one is linked to was refused; the message names it."""

    CODE = "ledger.linked_refused"


class LedgerMonthArchived(Conflict):
    """What was asked for lies in a month that was taken out of the database; the message says which."""

    CODE = "ledger.month_archived"


class LedgerNoSuchAccount(NotFound):
    """No account of that code and currency is open."""

    CODE = "ledger.no_such_account"


class LedgerNoSuchEntry(NotFound):
    """No entry of that id is in the books."""

    CODE = "ledger.no_such_entry"


class LedgerNotEndable(Conflict):
    """The entry to be posted or voided is not a pending one."""

    CODE = "ledger.not_endable"


class LedgerNotReversible(Conflict):
    """The entry moved nothing: it is pending, a void or an expiry. A pending entry is voided instead."""

    CODE = "ledger.not_reversible"


class LedgerPeriodClosed(Conflict):
    """The books are closed for the time at which the entry counts."""

    CODE = "ledger.period_closed"


class LedgerPeriodNotClosed(Conflict):
    """There is nothing to re-open: the books are not closed, or not that far."""

    CODE = "ledger.period_not_closed"


class LedgerPeriodNotOver(Conflict):
    """The books cannot be closed for a time that has not passed."""

    CODE = "ledger.period_not_over"


class LedgerReportTooLong(Declined):
    """The report would have more lines than fit into one answer or file; ask for less, or for sums."""

    CODE = "ledger.report_too_long"


class LedgerStatementChanged(Conflict):
    """Entries were backdated into the pages of a statement that were read before: read it again."""

    CODE = "ledger.statement_changed"


class MerchantsAgreementDiffers(Conflict):
    """The text that was signed is not the one that holds."""

    CODE = "merchants.agreement_differs"


class MerchantsAlreadyMember(Conflict):
    """The person is in the team already."""

    CODE = "merchants.already_member"


class MerchantsApplicationIncomplete(Conflict):
    """Something is missing before an application can be reviewed."""

    CODE = "merchants.application_incomplete"


class MerchantsApplicationMalformed(Malformed):
    """A field of an application cannot be right."""

    CODE = "merchants.application_malformed"


class MerchantsBeyondYours(Forbidden):
    """Nobody gives a key or a colleague more than they have."""

    CODE = "merchants.beyond_yours"


class MerchantsDocumentRefused(Malformed):
    """The bytes are none that we take: PDF, PNG or JPEG, up to a size."""

    CODE = "merchants.document_refused"


class MerchantsKeyEnded(Conflict):
    """The key was revoked."""

    CODE = "merchants.key_ended"


class MerchantsKeyExpired(Unauthenticated):
    """The API key, or the secret that it had before its rotation, has expired."""

    CODE = "merchants.key_expired"


class MerchantsKeyMalformed(Malformed):
    """A key cannot be like that."""

    CODE = "merchants.key_malformed"


class MerchantsKeyRefused(Unauthenticated):
    """The API key is missing, mistyped, or revoked."""

    CODE = "merchants.key_refused"


class MerchantsLastOwner(Conflict):
    """The merchant would be without an owner."""

    CODE = "merchants.last_owner"


class MerchantsMalformed(Malformed):
    """A merchant's name or fee cannot be used."""

    CODE = "merchants.malformed"


class MerchantsNeedsReview(Conflict):
    """The platform has to look at this first."""

    CODE = "merchants.needs_review"


class MerchantsNoSuchKey(NotFound):
    """No API key of that prefix exists."""

    CODE = "merchants.no_such_key"


class MerchantsNoSuchMember(NotFound):
    """The merchant's team has nobody of that id."""

    CODE = "merchants.no_such_member"


class MerchantsNoSuchRecord(NotFound):
    """The merchant has no document, store, terminal, signature … of that id."""

    CODE = "merchants.no_such_record"


class MerchantsNoSuchSigningKey(NotFound):
    """The API key has no public key of that id."""

    CODE = "merchants.no_such_signing_key"


class MerchantsNotFromThisState(Conflict):
    """The merchant or its application is in a state that does not allow this."""

    CODE = "merchants.not_from_this_state"


class MerchantsOwnerByPersonOnly(Forbidden):
    """An API key makes nobody an owner."""

    CODE = "merchants.owner_by_person_only"


class MerchantsSuspended(Forbidden):
    """The merchant may not act at present."""

    CODE = "merchants.suspended"


class MerchantsTeamMalformed(Malformed):
    """An e-mail address, a role or stores of a member cannot be like that."""

    CODE = "merchants.team_malformed"


class MerchantsTerminalKnown(Conflict):
    """A terminal of that serial number is in use already."""

    CODE = "merchants.terminal_known"


class MerchantsTooManyKeys(Conflict):
    """There are as many live keys as there may be."""

    CODE = "merchants.too_many_keys"


class OffersChanged(Conflict):
    """What is taken off is not what the payer was shown."""

    CODE = "offers.changed"


class OffersEnded(Conflict):
    """The offer has ended for good."""

    CODE = "offers.ended"


class OffersMalformed(Malformed):
    """The terms of an offer contradict themselves, or cannot be meant."""

    CODE = "offers.malformed"


class OffersNoSuchCoupon(NotFound):
    """No offer is opened by this code."""

    CODE = "offers.no_such_coupon"


class OffersNoSuchOffer(NotFound):
    """There is no such offer, or it is another merchant's."""

    CODE = "offers.no_such_offer"


class OffersNotUsable(Declined):
    """The offer does not hold for this purchase; the message says why, and `reason` in one word."""

    CODE = "offers.not_usable"


class OffersNotYours(Forbidden):
    """The offer is at somebody else's cost, who alone changes it."""

    CODE = "offers.not_yours"


class PaymentsAlreadyAuthorised(Conflict):
    """The payer's money is held already: capture it, or close the payment to release it."""

    CODE = "payments.already_authorised"


class PaymentsAlreadyCaptured(Conflict):
    """The payment is paid: it can be refunded, not closed."""

    CODE = "payments.already_captured"


class PaymentsCaptureExceedsAuthorised(Declined):
    """The capture is larger than what is held and was not taken yet."""

    CODE = "payments.capture_exceeds_authorised"


class PaymentsClosing(Conflict):
    """The payment is being closed at the channel: nothing new can be started."""

    CODE = "payments.closing"


class PaymentsEnded(Conflict):
    """The payment has ended: nothing more can be paid with it."""

    CODE = "payments.ended"


class PaymentsHoldNotSuited(Declined):
    """The channel cannot do this with the money that it holds."""

    CODE = "payments.hold_not_suited"


class PaymentsMalformed(Malformed):
    """The particulars of a payment or refund cannot be used."""

    CODE = "payments.malformed"


class PaymentsMerchantBalanceTooLow(Declined):
    """The merchant's balance does not cover the refund."""

    CODE = "payments.merchant_balance_too_low"


class PaymentsNoSuchPayment(NotFound):
    """The merchant has no payment of that id."""

    CODE = "payments.no_such_payment"


class PaymentsNoSuchRefund(NotFound):
    """The merchant has no refund of that id."""

    CODE = "payments.no_such_refund"


class PaymentsNotAuthorised(Conflict):
    """No money is held for the payment, so there is nothing to capture, and nothing to add to."""

    CODE = "payments.not_authorised"


class PaymentsNotCaptured(Conflict):
    """The payment is not paid, so there is nothing to refund."""

    CODE = "payments.not_captured"


class PaymentsRefundExceedsCaptured(Declined):
    """The refund is larger than what is left of the captured amount."""

    CODE = "payments.refund_exceeds_captured"


class PaymentsRefundNotSuited(Declined):
    """The channel over which it was paid does not give back in this way: too late, too often, or only all of it."""

    CODE = "payments.refund_not_suited"


class PaymentsStepUndecided(Conflict):
    """An earlier capture or increment of the payment has not come to its end."""

    CODE = "payments.step_undecided"


class ProposalsEnded(Conflict):
    """It was approved, refused or withdrawn before, or nobody decided in time."""

    CODE = "proposals.ended"


class ProposalsNoSuchProposal(NotFound):
    """There is no proposal of that id, or it is about something else."""

    CODE = "proposals.no_such_proposal"


class ProposalsNotYours(Forbidden):
    """Only whoever proposed something takes it back."""

    CODE = "proposals.not_yours"


class PublicKeyMalformed(Malformed):
    """That is no public key of the algorithm."""

    CODE = "public_key_malformed"


class RateLimited(Throttled):
    """The key, or the person, asked more than the rate allows. Nothing happened."""

    CODE = "rate_limited"


class RoutingNoChannel(Declined):
    """No channel can do what is wanted, or the rules leave none."""

    CODE = "routing.no_channel"


class SignatureRefused(Unauthenticated):
    """The signature is missing, incomplete, too old, or not that of this request by a key that is registered."""

    CODE = "signature_refused"


class SignatureSeen(Unauthenticated):
    """A request with this nonce has come before: each signature is good once."""

    CODE = "signature_seen"


class UnknownVersion(Malformed):
    """There is no version of that date."""

    CODE = "unknown_version"


class WebhooksAddressRefused(Malformed):
    """We send nothing to such an address."""

    CODE = "webhooks.address_refused"


class WebhooksEndpointDisabled(Conflict):
    """Nothing can be sent to an endpoint that is disabled."""

    CODE = "webhooks.endpoint_disabled"


class WebhooksEndpointMalformed(Malformed):
    """An endpoint cannot be like this."""

    CODE = "webhooks.endpoint_malformed"


class WebhooksNoSuchDelivery(NotFound):
    """There is no such delivery, or it is another merchant's, or it is older than events are kept."""

    CODE = "webhooks.no_such_delivery"


class WebhooksNoSuchEndpoint(NotFound):
    """There is no such endpoint, or it is another merchant's."""

    CODE = "webhooks.no_such_endpoint"


class WebhooksNoSuchEvent(NotFound):
    """There is no such event, or it is another merchant's, or it is older than events are kept."""

    CODE = "webhooks.no_such_event"


class WebhooksTooManyEndpoints(Conflict):
    """The merchant has as many endpoints as one may have."""

    CODE = "webhooks.too_many_endpoints"


class WrongMediaType(Malformed):
    """The body is not said to be JSON."""

    CODE = "wrong_media_type"


BY_CODE: Mapping[str, type[Refused]] = {
    each.CODE: each
    for each in (
        AddressRefused,
        BodyTooLarge,
        ChannelsNoSuchChannel,
        CheckoutCodeUnreadable,
        CheckoutLinkOff,
        CheckoutMalformed,
        CheckoutNoSuchCharge,
        CheckoutNoSuchLink,
        CheckoutNoSuchSession,
        CheckoutNoSuchStaticCode,
        CheckoutShownCodeUnknown,
        CheckoutStaticCodeLimit,
        CustomersCustomerExists,
        CustomersMalformed,
        CustomersMandateExceeded,
        CustomersMandateNeeded,
        CustomersMethodDetached,
        CustomersNoSuchCustomer,
        CustomersNoSuchMandate,
        CustomersNoSuchPaymentMethod,
        DisputesAnswerRefused,
        DisputesEvidenceMalformed,
        DisputesFileNotTaken,
        DisputesFileTooLarge,
        DisputesNoSuchDispute,
        DisputesNoSuchFile,
        DisputesNotAnswerable,
        DisputesTooLate,
        ExportsMalformed,
        ExportsNoSuchExport,
        ExportsNotReady,
        ExportsTooMany,
        IdempotencyInFlight,
        IdempotencyKeyReused,
        LedgerAccountClosed,
        LedgerAccountDiffers,
        LedgerAccountFrozen,
        LedgerAccountInUse,
        LedgerAccountMalformed,
        LedgerAlreadyReversed,
        LedgerBalanceTooLarge,
        LedgerClosedFurther,
        LedgerEntryIdReused,
        LedgerEntryMalformed,
        LedgerHoldEnded,
        LedgerHoldExceeded,
        LedgerHoldExpired,
        LedgerKeyRefused,
        LedgerLimitPassed,
        LedgerLinkedRefused,
        LedgerMonthArchived,
        LedgerNoSuchAccount,
        LedgerNoSuchEntry,
        LedgerNotEndable,
        LedgerNotReversible,
        LedgerPeriodClosed,
        LedgerPeriodNotClosed,
        LedgerPeriodNotOver,
        LedgerReportTooLong,
        LedgerStatementChanged,
        MerchantsAgreementDiffers,
        MerchantsAlreadyMember,
        MerchantsApplicationIncomplete,
        MerchantsApplicationMalformed,
        MerchantsBeyondYours,
        MerchantsDocumentRefused,
        MerchantsKeyEnded,
        MerchantsKeyExpired,
        MerchantsKeyMalformed,
        MerchantsKeyRefused,
        MerchantsLastOwner,
        MerchantsMalformed,
        MerchantsNeedsReview,
        MerchantsNoSuchKey,
        MerchantsNoSuchMember,
        MerchantsNoSuchRecord,
        MerchantsNoSuchSigningKey,
        MerchantsNotFromThisState,
        MerchantsOwnerByPersonOnly,
        MerchantsSuspended,
        MerchantsTeamMalformed,
        MerchantsTerminalKnown,
        MerchantsTooManyKeys,
        OffersChanged,
        OffersEnded,
        OffersMalformed,
        OffersNoSuchCoupon,
        OffersNoSuchOffer,
        OffersNotUsable,
        OffersNotYours,
        PaymentsAlreadyAuthorised,
        PaymentsAlreadyCaptured,
        PaymentsCaptureExceedsAuthorised,
        PaymentsClosing,
        PaymentsEnded,
        PaymentsHoldNotSuited,
        PaymentsMalformed,
        PaymentsMerchantBalanceTooLow,
        PaymentsNoSuchPayment,
        PaymentsNoSuchRefund,
        PaymentsNotAuthorised,
        PaymentsNotCaptured,
        PaymentsRefundExceedsCaptured,
        PaymentsRefundNotSuited,
        PaymentsStepUndecided,
        ProposalsEnded,
        ProposalsNoSuchProposal,
        ProposalsNotYours,
        PublicKeyMalformed,
        RateLimited,
        RoutingNoChannel,
        SignatureRefused,
        SignatureSeen,
        UnknownVersion,
        WebhooksAddressRefused,
        WebhooksEndpointDisabled,
        WebhooksEndpointMalformed,
        WebhooksNoSuchDelivery,
        WebhooksNoSuchEndpoint,
        WebhooksNoSuchEvent,
        WebhooksTooManyEndpoints,
        WrongMediaType,
    )
}
"""What a code is raised as."""
