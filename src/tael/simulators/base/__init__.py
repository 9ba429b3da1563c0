"""What have all simulators in common? Everything but the channel's protocol and its book.

A simulator is a subclass of `SimulatedChannel` in `simulators/<name>/`, made from a `Stage`:

    class Wechat(SimulatedChannel):
        name = "wechat"
        words = {"zh": {"title": "…"}, "en": {"title": "…"}}            # beside or instead of `base/words.py`
        offers = OF_ANY_WIRE | OF_ANY_POSTMAN | {Fault.WRONG_AMOUNT, …}   # what else it can do wrongly
        methods = ("POST /v3/pay/transactions/native", …)                 # for the operator's page

        def __init__(self, stage: Stage) -> None:
            self._orders = stage.journal.drawer("order", Order)           # survives kill -9
            self.postman = Postman(MyDelivery(…), clock=stage.clock, speed=stage.speed, faults=stage.faults,
                                   journal=stage.journal, new_id=…)
            self.acts = {"scan": self._scan, "pay": self._pay, "decline": …}

        async def answer(self, call: Call) -> Answer | None:              # the protocol; None: not mine
            …
            return Answer(body=…, headers={…}, order=number, method=name)

        def orders(self): …      # OrderView of every order; order(), payouts(), payout() likewise
        def payer(self, code): … # PayerView of what lies behind /pay/{code}
        def bring_nearer(self, by): …

The base does: delay, lost_reply and truncated for every `Answer` (known by its `order` and `method`); delay, drop,
duplicate, replayed, late, stale and clock_skew for every notice; `/_control/` (`control`), the operator's page `/`,
the payer's page `/pay/{code}`, the payer's own code `/my-code` (with an act `show_code`), the style sheet. The channel
does the rest by asking `stage.faults.strikes(Fault.…, order=…, method=…)` where it matters, uses
`faults.channel_time` for the times that it writes, and gets in `Delivery.write` which of the wrong_… faults strike.

Keep what changed (`drawer.keep(number, thing)`) before anybody is answered. `bring_nearer` moves deadlines nearer and
what happened further back, so that a day's bill can be asked for after `advance {"seconds": 86400}`.

An act takes an `Act`, raises `Refused(409, …)` if it cannot be done now and `Refused(404, …)` for what is not known,
and gives the `OrderView` or `PayoutView` that it acted upon.

What a wallet is handed (`InvokeWallet`) it takes by an act `open`, with the parameters as JSON in `text`. What a browser
is handed (`GoTo`, `PostForm`) leads through the channel's own protocol to `/pay/{code}`.

Keys are made once in `stage.home` (`prepare_rsa_pair`, `write_private`). One entry in `simulators/registry.py` says how
it is opened and what a platform would enter for it; tests start it with `tael.testing.simulators.running_simulator`.

faults     what goes wrong on purpose, and when
journal    what survives a crash of this process
postman    notices, repeated on the channel's schedule
views      the nouns of the control interface and of the pages
wire       a call as it came, an answer as it goes
channel    what a simulator brings, what it is given
control    the JSON interface under `/_control/`
pages      payer's page, payer's code, operator's page
app        routes, and what goes wrong on the way back
server     how it is served
keys       files that only their owner can read

Ready.
"""

from tael.simulators.base.channel import ActResult, SimulatedChannel, Stage
from tael.simulators.base.faults import (
    NOTICE,
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    PAYING,
    Fault,
    Faults,
    Switch,
)
from tael.simulators.base.journal import Drawer, Journal
from tael.simulators.base.keys import load_rsa, prepare_folder, prepare_rsa_pair, write_private
from tael.simulators.base.postman import Delivery, Letter, Notice, Postman
from tael.simulators.base.server import SimulatorOptions, serve, serving
from tael.simulators.base.views import (
    Act,
    Choice,
    Known,
    NoticeView,
    OrderView,
    PayerView,
    PayoutView,
    RefundView,
    Refused,
    ShownCode,
    SplitView,
    Summary,
)
from tael.simulators.base.wire import Answer, Call, plain

__all__ = [
    "NOTICE",
    "OF_ANY_POSTMAN",
    "OF_ANY_WIRE",
    "PAYING",
    "Act",
    "ActResult",
    "Answer",
    "Call",
    "Choice",
    "Delivery",
    "Drawer",
    "Fault",
    "Faults",
    "Journal",
    "Known",
    "Letter",
    "Notice",
    "NoticeView",
    "OrderView",
    "PayerView",
    "PayoutView",
    "Postman",
    "RefundView",
    "Refused",
    "ShownCode",
    "SimulatedChannel",
    "SimulatorOptions",
    "SplitView",
    "Stage",
    "Summary",
    "Switch",
    "load_rsa",
    "plain",
    "prepare_folder",
    "prepare_rsa_pair",
    "serve",
    "serving",
    "write_private",
]
