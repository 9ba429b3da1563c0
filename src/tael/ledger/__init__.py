"""The ledger: double-entry books that balance after any crash.

Owns     accounts, journal entries, postings, balances.
Words    *account*: a place where value is, named by a code such as `merchant:{id}:pending` and a currency.
         *journal entry*: one business fact, at least one debit and one credit, summing to zero per currency.
         *posting*: one line of an entry: an account, an amount, and the balance after it.
         *limit*: what a balance may not pass. Debits are positive, credits negative; an account's balance is
         shown on its normal side (assets and expenses: debit; the others: credit).
         *block*: rows that were sealed together after their commit; its *head* is signed and names the head before.
         *archive*: a month's entries in a file, out of the database, still checked by `verify`.
Tables   ledger.accounts, ledger.balances, ledger.entries, ledger.postings. The application's database role
         cannot change or delete entries and postings. Evidence: ledger.blocks, ledger.archives.
Events   none yet.

The ledger knows nobody: it rests on the foundation alone.
"""
