"""Disputes: a payer says at their bank that they do not owe the money, and somebody has to decide.

Owns     disputes, and what merchants say in them.
Words    *dispute*: money that a channel takes back, or threatens to, until the payer's bank has decided. *warning*: only a
         question so far, no money has moved. *evidence*: what the merchant says; it is saved as a draft and handed in once.
         *giving in*: the merchant accepts that the payer is right. *doubted*: the channel contradicts itself, and is asked.
Tables   disputes.disputes, files.
Events   DisputeOpened, DisputeUpdated, DisputeDueSoon, DisputeWon, DisputeLost.

Where to look: `rules.py` is the table of states, and says which way the money goes; the entries are in `payments/postings.py`.
"""
