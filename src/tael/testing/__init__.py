"""What tests stand on: fresh databases, a whole platform in one process, faults on the wire, checks of the books.

databases    a fresh, migrated database in a moment
platform     every role and the simulator, running, with a merchant and its key
clocks       a clock that is moved by hand
books        what must be true of the money after whatever happened
simulators   any channel's simulator, running
users        somebody who is registered, verified, signed in and has money
alipay       the merchant's end of Alipay
fault_proxy  a wire that delays, loses, cuts and garbles

ledger_model     what would a ledger of two screens answer?
ledger_requests  whatever may be asked of a ledger, right and wrong
simulation       the ledger and its lanes in a world made of dice, which a seed repeats

Ships with the package, so that plug-ins can be tested in the same way. Nothing that runs in production imports it.
"""
