"""Which of Stripe's codes means what? This file is the whole of our judgement.

A code that stands in no table decides nothing: we inquire. What a bank says of a card (`decline_code`) counts before
Stripe's own `code`. A card that is reported lost, stolen or used by a thief is the *payer's* trouble: to try it at
another channel is what thieves do.
"""

from collections.abc import Mapping

from tael.channels.port import DisputeState, ErrorClass, ErrorMeaning, OutcomeState

_CODES: Mapping[tuple[ErrorClass, bool], str] = {
    (ErrorClass.PAYER, True): "insufficient_funds incorrect_cvc invalid_cvc expired_card incorrect_number"
    " invalid_number invalid_expiry_month invalid_expiry_year incorrect_zip incorrect_address incorrect_pin invalid_pin"
    " pin_try_exceeded offline_pin_required online_or_offline_pin_required invalid_account new_account_information_available"
    " card_velocity_exceeded withdrawal_count_limit_exceeded authentication_required approve_with_id"
    " payment_intent_authentication_failure authentication_not_handled lost_card stolen_card pickup_card fraudulent"
    " merchant_blacklist highest_risk_level",
    (ErrorClass.DECLINED, True): "card_declined generic_decline do_not_honor do_not_try_again call_issuer"
    " card_not_supported currency_not_supported duplicate_transaction invalid_amount issuer_not_available"
    " mobile_device_authentication_required no_action_taken not_permitted processing_error reenter_transaction"
    " restricted_card revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed"
    " stop_payment_order testmode_decline transaction_not_allowed try_again_later payment_intent_payment_attempt_failed",
    (ErrorClass.REQUEST, True): "amount_too_large amount_too_small charge_already_refunded charge_disputed"
    " charge_exceeds_source_limit charge_expired_for_capture country_unsupported invalid_charge_amount invalid_characters"
    " parameter_invalid_empty parameter_invalid_integer parameter_invalid_string_blank parameter_invalid_string_empty"
    " parameter_missing parameter_unknown parameters_exclusive payment_method_invalid_parameter"
    " payment_method_unactivated resource_missing token_already_used token_in_use url_invalid refund_disputed_payment"
    " invalid_request_error",
    (ErrorClass.ACCOUNT, True): "balance_insufficient payouts_not_allowed payouts_limit_exceeded"
    " instant_payouts_unsupported bank_account_unusable bank_account_unverified bank_account_declined",
    (
        ErrorClass.ACCOUNT,
        False,
    ): "api_key_expired platform_api_key_expired secret_key_required account_invalid"
    " livemode_mismatch testmode_charges_only unauthorized permission_denied",
    (ErrorClass.BUSY, False): "rate_limit lock_timeout idempotency_key_in_use",
    (ErrorClass.REQUEST, False): "idempotency_error intent_invalid_state payment_intent_unexpected_state",
    (ErrorClass.CHANNEL, False): "api_error",
}
ERROR_CODES: Mapping[str, ErrorMeaning] = {
    code: ErrorMeaning(error_class, definite)
    for (error_class, definite), codes in _CODES.items()
    for code in codes.split()
}
"""`definite`: as an answer to the call that moves money, it proves that this number moved none and will move none."""

DECLINED = ErrorMeaning(ErrorClass.DECLINED, True)
"""What a decline means whose reason we do not know: the proof is the intent's state, not the code."""

REFUND_STATES: Mapping[str, OutcomeState] = {
    "pending": OutcomeState.WAITING,
    "requires_action": OutcomeState.WAITING,
    "succeeded": OutcomeState.SUCCEEDED,
    "failed": OutcomeState.FAILED,
    "canceled": OutcomeState.FAILED,
}
PAYOUT_STATES: Mapping[str, OutcomeState] = {
    "pending": OutcomeState.WAITING,
    "in_transit": OutcomeState.WAITING,
    "paid": OutcomeState.SUCCEEDED,
    "failed": OutcomeState.FAILED,
    "canceled": OutcomeState.FAILED,
}
PAYOUT_FAILURES: Mapping[str, ErrorClass] = {
    "insufficient_funds": ErrorClass.ACCOUNT,
    "account_closed": ErrorClass.REQUEST,
    "account_frozen": ErrorClass.REQUEST,
    "bank_account_restricted": ErrorClass.REQUEST,
    "incorrect_account_holder_name": ErrorClass.REQUEST,
    "invalid_account_number": ErrorClass.REQUEST,
    "no_account": ErrorClass.REQUEST,
}
"""Why a bank sent a payout back; other reasons are the bank's own."""
DISPUTE_STATES: Mapping[str, DisputeState] = {
    "warning_needs_response": DisputeState.NEEDS_RESPONSE,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "appeal_needs_response": DisputeState.NEEDS_RESPONSE,
    "warning_under_review": DisputeState.UNDER_REVIEW,
    "under_review": DisputeState.UNDER_REVIEW,
    "appeal_under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "warning_closed": DisputeState.CLOSED,
    "prevented": DisputeState.CLOSED,
}

EVIDENCE_FIELDS = frozenset(
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number"
    " uncategorized_file uncategorized_text".split()
)
"""What Stripe takes as evidence: texts, and ids of files that were uploaded before."""
EVIDENCE_FILES = frozenset(
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt refund_policy"
    " service_documentation shipping_documentation uncategorized_file".split()
)
"""Those that are ids of files."""
