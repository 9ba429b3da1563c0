"""What if everything happened at once, and a hundred things went wrong? The ledger in a world made of dice.

The real code of the ledger and of its lanes runs on a loop that has no threads, no sockets and no clock but its own:
which of the ready steps comes next, how long a statement travels, which connection breaks, which process dies, is
thrown with dice. The same seed throws the same dice, so that a failure can be looked at again.

loop         whose turn is it? The event loop, with virtual time
server       what would PostgreSQL do? Rows, locks, what a transaction sees, what COMMIT answers
statements   what does each named query of the ledger mean?
life         who asks for what, and who dies? Processes, callers, clocks that differ
truth        what must be true afterwards, whatever happened?
"""
