"""The ledger: double-entry books that balance after any crash.

Owns     currencies, accounts with their limits, journal entries, postings, holds, balances, closings; blocks and
         archives; the keys of its own API.
Words    *account*: a place where value is, named by a code such as `merchant:{id}:pending` and a currency.
         *journal entry*: one business fact, at least one debit and one credit, summing to zero per currency. Its
         *number* is the moment of its booking in microseconds.
         *posting*: one line of an entry: an account, an amount, and the balance after it.
         *hold*: a line of a pending entry: it counts against limits until the entry is posted, voided or expires.
         *limit*: what a balance may not pass. Debits are positive, credits negative; an account's balance is
         shown on its normal side (assets and expenses: debit; the others: credit).
         *effective time*: when an entry counts, if not when it was booked. *Closing*: before it nothing counts any more.
         *block*: rows that were sealed together after their commit; its *head* is signed and names the head before.
         *archive*: a month's entries in a file, out of the database, still checked by `verify`.
Tables   currencies, accounts, limits, balances; entries, postings and holds by month; entry_ids, open_holds;
         dated_postings, dated_sums; closings; blocks, archives, archived_entries; api_keys. The application's database
         role changes balances, standings and dated sums, and takes away open holds; all else it can only add to.
Events   none yet.

The ledger knows nobody: it rests on the foundation alone.
"""
