"""Which contexts have tables of their own?"""

CONTEXTS = (
    "foundation",
    "staff",
    "identity",
    "ledger",
    "merchants",
    "channels",
    "partners",
    "routing",
    "offers",
    "payments",
    "payouts",
    "wallets",
    "funding",
    "disputes",
    "exports",
    "checkout",
    "customers",
    "vault",
    "verification",
    "standing",
    "users",
    "behaviour",
    "messages",
    "webhooks",
)
"""The contexts with tables, in the order in which their migrations run."""
