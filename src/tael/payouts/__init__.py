"""Payouts: money of ours on its way to somebody's account, over whichever channel gets it there.

Owns     payouts and their legs.
Words    *payout*: an amount that goes to one account, for one owner and one purpose of another context. *leg*: one go of it
         over one channel; the next begins only after the last has definitely failed. *destination*: kind of account, number
         (or the token of a card in our vault), name, bank; sealed. *returned*: the bank sent the money back, maybe days
         later. *unowed*: gone although it had been given up; the platform has to recover it. *doubted*: the channel
         contradicts itself, and is asked.
Tables   payouts.payouts, legs.
Events   PayoutSucceeded, PayoutFailed, PayoutReturned.

Where to look: `rules/lifecycle.py` is the table of states, `rules/outcomes.py` says what an outcome does, `postings.py` is the
page for the auditor.
"""
