"""Which address does what? One line for each call, by its method and path."""

import re
from collections.abc import Mapping

from tael.simulators.base import Call
from tael.simulators.wechatpay.gateway import REFUNDS, TRANSFERS, Gateway, Handler, Route, Said

_PAY = "/v3/pay/transactions"
_SPLITS = "/v3/profitsharing"


def _prepays(trade_type: str) -> Handler:
    return lambda gateway, call, number: gateway.prepay(call, number, trade_type=trade_type)


def _query_by_transaction(gateway: Gateway, call: Call, number: str) -> Said:
    return gateway.query(call, number, by_transaction=True)


def _query_transfer_of_ours(gateway: Gateway, call: Call, number: str) -> Said:
    return gateway.query_transfer(call, number, by_ours=True)


def _bill(*, funds: bool) -> Handler:
    return lambda gateway, call, number: gateway.bill(call, number, funds=funds)


_NAMES: Mapping[str, Handler] = {
    f"POST {_PAY}/native": _prepays("NATIVE"),
    f"POST {_PAY}/jsapi": _prepays("JSAPI"),
    f"POST {_PAY}/app": _prepays("APP"),
    f"POST {_PAY}/h5": _prepays("MWEB"),
    f"POST {_PAY}/codepay": Gateway.codepay,
    f"GET {_PAY}/out-trade-no/{{out_trade_no}}": Gateway.query,
    f"GET {_PAY}/id/{{transaction_id}}": _query_by_transaction,
    f"POST {_PAY}/out-trade-no/{{out_trade_no}}/close": Gateway.close,
    f"POST {_PAY}/out-trade-no/{{out_trade_no}}/reverse": Gateway.reverse,
    f"POST {REFUNDS}": Gateway.refund,
    f"GET {REFUNDS}/{{out_refund_no}}": Gateway.query_refund,
    f"POST {_SPLITS}/receivers/add": Gateway.add_receiver,
    f"POST {_SPLITS}/orders": Gateway.split,
    f"POST {_SPLITS}/orders/unfreeze": Gateway.split,
    f"GET {_SPLITS}/orders/{{out_order_no}}": Gateway.query_split,
    f"GET {_SPLITS}/transactions/{{transaction_id}}/amounts": Gateway.unsplit,
    f"POST {TRANSFERS}": Gateway.transfer,
    f"GET {TRANSFERS}/out-bill-no/{{out_bill_no}}": Gateway.query_transfer,
    f"GET {TRANSFERS}/transfer-bill-no/{{transfer_bill_no}}": _query_transfer_of_ours,
    f"POST {TRANSFERS}/out-bill-no/{{out_bill_no}}/cancel": Gateway.cancel_transfer,
    "GET /v3/bill/tradebill": _bill(funds=False),
    "GET /v3/bill/fundflowbill": _bill(funds=True),
    "GET /v3/certificates": Gateway.certificates,
}
METHODS = tuple(_NAMES)
"""The names of all calls, as fault switches know them."""

_PARAMETER = re.compile(r"\\\{[a-z_]+\\\}")
ROUTES: tuple[Route, ...] = tuple(
    (method, re.compile(_PARAMETER.sub("([^/]{1,64})", re.escape(path))), name, handler)
    for name, handler in _NAMES.items()
    for method, path in [name.split(" ")]
)
