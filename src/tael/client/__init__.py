"""Tael's API from Python: typed calls, sent again by themselves until there is an answer.

    from tael.client import Client, ledger

    with Client("http://127.0.0.1:8083", key="tael_ledger_…") as tael:
        tael.send(ledger.open_accounts([ledger.OpenAccount(code="bank", currency="CNY", account_class="asset")]))
        receipt = tael.send(ledger.post(ledger.Entry(id="e1", kind="sale", reference="order-1", postings=[…])))
        for line in tael.every(ledger.list_postings("bank", "CNY")):
            print(line.balance_after_minor)

Calls are values, made by the functions of `tael.client.ledger`; a client sends them. `AsyncClient` is the same inside
an event loop. What Tael refuses is raised as `Refused`; that nobody answers, as `Unreachable`.
"""

from tael.client.transport import AsyncClient, Call, Client, Refused, Unreachable

__all__ = ["AsyncClient", "Call", "Client", "Refused", "Unreachable"]
