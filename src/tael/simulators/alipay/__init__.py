"""How does Alipay behave? A stand-in that speaks its v2 gateway, signs as it does, and can be made to fail.

It exists to be disbelieved: nothing here imports our connector, an independent client drives it in our
tests, and where the real one is harder to live with than it need be, so is this one. A code that nobody has
scanned is unknown to inquiries and cannot be closed. A reply can be lost after the work is done. A notice can
come twice, late, out of order, with a wrong amount or a wrong signature.

keys       who signs what: the application's keys, Alipay's keys
trades     the book: what each verb does to a trade, as Alipay documents it
journal    what survives a crash of this process: one line per change
gateway    a request's parameters in, a signed answer out
messages   the fields of answers and notices
notices    the notices, repeated until somebody says `success`
faults     what goes wrong on purpose, and when
control    the JSON interface of tests, demo and bench under `/_control/`
pages      the payer's page and the operator's page
app        routes and start-up
server     how it is served

It is no payment service and moves no money.
"""

from tael.simulators.alipay.keys import SimulatorKeys, prepare_keys
from tael.simulators.alipay.server import SimulatorSettings, serve, serving

__all__ = ["SimulatorKeys", "SimulatorSettings", "prepare_keys", "serve", "serving"]
