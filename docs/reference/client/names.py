"""How do our client's programs call what the API can do? Every operation of it, as a method of a resource.

Each line is a resource: its methods, and the operation that each stands for (`operationId` in the OpenAPI document).
An operation without a name here stops `generate.py`, and so does a name without its operation.
"""

from collections.abc import Mapping

Resources = Mapping[str, Mapping[str, str]]
"""Methods of resources, by the names of their classes."""

MERCHANTS: Mapping[str, Resources] = {
    "payments": {
        "Payments": {
            "create": "create_payment",
            "get": "get_payment",
            "list": "list_payments",
            "attempt": "start_attempt",
            "capture": "create_capture",
            "increment": "create_increment",
            "close": "close_payment",
            "methods": "list_methods",
            "offers": "get_payment_offers",
            "search": "search_all",
            "export_csv": "export_payments",
        },
        "Refunds": {"create": "create_refund", "get": "get_refund", "list": "list_refunds"},
    },
    "customers": {
        "Customers": {"create": "create_customer", "get": "get_customer", "list": "list_customers"},
        "PaymentMethods": {
            "open_card_fields": "open_card_fields",
            "save": "save_payment_method",
            "get": "get_payment_method",
            "list": "list_payment_methods",
            "detach": "detach_payment_method",
        },
        "Mandates": {
            "create": "create_mandate",
            "get": "get_mandate",
            "list": "list_mandates",
            "revoke": "revoke_mandate",
        },
    },
    "checkout": {
        "CheckoutSessions": {
            "create": "create_checkout_session",
            "get": "get_checkout_session",
            "list": "list_checkout_sessions",
            "expire": "expire_checkout_session",
        },
        "PaymentLinks": {
            "create": "create_payment_link",
            "get": "get_payment_link",
            "list": "list_payment_links",
            "switch": "switch_payment_link",
        },
        "StaticCodes": {
            "create": "create_static_code",
            "get": "get_static_code",
            "list": "list_static_codes",
            "switch": "switch_static_code",
            "open_session": "open_static_code",
            "write_emv": "write_emv_code",
            "read_emv": "read_emv_code",
        },
    },
    "counter": {
        "Charges": {
            "create": "create_charge",
            "create_at_terminal": "create_terminal_charge",
            "get": "get_charge",
            "list": "list_charges",
            "cancel": "cancel_charge",
        },
    },
    "offers": {
        "Offers": {
            "create": "make_offer",
            "get": "get_offer",
            "list": "list_offers",
            "set_state": "set_offer_state",
            "create_coupons": "make_coupons",
            "list_coupons": "list_coupons",
            "list_redemptions": "list_redemptions",
        },
    },
    "disputes": {
        "Disputes": {
            "get": "get_dispute",
            "list": "list_disputes",
            "save_evidence": "save_evidence",
            "add_evidence_file": "add_evidence_file",
            "get_evidence_file": "get_evidence_file",
            "remove_evidence_file": "remove_evidence_file",
            "submit": "submit_dispute",
            "accept": "accept_dispute",
        },
    },
    "exports": {
        "Exports": {
            "create": "create_export",
            "get": "get_export",
            "list": "list_exports",
            "cancel": "cancel_export",
            "get_file": "get_export_file",
        },
    },
    "webhook": {
        "Events": {"get": "get_event", "list": "list_events"},
        "WebhookEndpoints": {
            "create": "create_webhook_endpoint",
            "get": "get_webhook_endpoint",
            "list": "list_webhook_endpoints",
            "change": "change_webhook_endpoint",
            "rotate_secret": "rotate_webhook_secret",
            "test": "test_webhook_endpoint",
            "enable": "enable_webhook_endpoint",
            "disable": "disable_webhook_endpoint",
            "remove": "remove_webhook_endpoint",
            "resend_failed": "resend_failed_webhook_deliveries",
        },
        "WebhookDeliveries": {
            "get": "get_webhook_delivery",
            "list": "list_webhook_deliveries",
            "resend": "resend_webhook_delivery",
        },
    },
    "keys": {
        "Keys": {
            "create": "create_key",
            "get": "get_key",
            "list": "list_keys",
            "change": "change_key",
            "rotate": "rotate_key",
            "revoke": "revoke_key",
            "add_signing_key": "add_signing_key",
            "revoke_signing_key": "revoke_signing_key",
        },
        "Team": {
            "list": "list_team",
            "invite": "invite_to_team",
            "change": "change_team_member",
            "remove": "remove_team_member",
        },
    },
    "stores": {
        "Stores": {
            "create": "create_store",
            "get": "get_store",
            "list": "list_stores",
            "edit": "edit_store",
            "close": "close_store",
        },
        "Terminals": {
            "create": "create_terminal",
            "get": "get_terminal",
            "list": "list_terminals",
            "edit": "edit_terminal",
            "close": "close_terminal",
        },
    },
    "application": {
        "Application": {
            "get": "get_application",
            "edit": "edit_application",
            "submit": "submit_application",
            "take_back": "take_application_back",
        },
        "Documents": {
            "upload": "upload_document",
            "list": "list_documents",
            "get_content": "get_document_content",
            "remove": "remove_document",
        },
        "Agreements": {
            "standing": "get_agreement_standing",
            "text": "get_agreement_text",
            "sign": "sign_agreement",
            "get": "get_signed_agreement",
        },
    },
    "merchant": {
        "Settlement": {
            "list": "list_settlement_settings",
            "change": "change_settlement",
            "propose_account": "propose_account",
            "list_account_proposals": "list_account_proposals",
            "withdraw_account_proposal": "withdraw_account_proposal",
        },
        "Merchant": {"get": "get_merchant", "fee_terms": "get_fee_terms", "give_notice": "give_notice"},
    },
}
"""What merchants call. The first level are the files; nouns stand in the first file that speaks of them."""

LEDGER: Mapping[str, Resources] = {
    "accounts": {
        "Accounts": {
            "open": "open_accounts",
            "change": "change_account",
            "get": "get_account",
            "list": "list_accounts",
            "postings": "list_postings",
            "holds": "list_open_holds",
        },
    },
    "entries": {
        "Entries": {
            "post": "post_entry",
            "post_many": "post_entries",
            "get": "get_entry",
            "list": "list_entries",
        },
    },
    "reports": {
        "Reports": {
            "balance_at": "read_balance_at",
            "balances_at": "list_balances_at",
            "statement": "read_statement",
            "t_account": "read_t_account",
            "statement_csv": "export_statement_csv",
            "statement_xlsx": "export_statement_xlsx",
            "sums": "read_sums",
            "tree": "read_tree",
            "trial_balance": "read_trial_balance",
        },
        "Closings": {"list": "list_closings", "close": "close_period", "reopen": "reopen_period"},
    },
}
"""What programs of our own call at the ledger."""

NOUNS: Mapping[str, str] = {
    "tael.payments.schemas.bodies.AttemptBody": "Attempt",
    "tael.payments.schemas.methods.MethodBody": "Method",
    "tael.customers.schemas.MethodBody": "PaymentMethod",
    "tael.webhooks.schemas.AttemptBody": "DeliveryAttempt",
    "SessionBody": "CheckoutSession",
    "SessionState": "CheckoutState",
    "LinkBody": "PaymentLink",
    "EndpointBody": "WebhookEndpoint",
    "EndpointWithSecret": "WebhookEndpointWithSecret",
    "DeliveryBody": "WebhookDelivery",
    "DeliveryDetailBody": "WebhookDeliveryDetail",
    "Member": "TeamMember",
    "PriceBody": "DiscountedPrice",
    "LimitBody": "LimitStanding",
    "EntryBody": "BookedEntry",
    "ClosingsBody": "ClosingHistory",
}
"""What schemas are called where it is not their own name without `Body` or `Request`."""

WHOLE = {"EntryRequest"}
"""Requests that are handed in as one noun, because they are kept and sent in bulk, too."""
