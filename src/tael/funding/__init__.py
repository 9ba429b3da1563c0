"""Funding: money that comes into a wallet from outside, and that goes out of it to its owner's own bank card.

Owns     bank cards, top-ups and their refunds, withdrawals and their quotes.
Words    *bank card*: a card of the user's own, known by its token in our vault; *bound* once its bank says that name, document,
         telephone and number belong together. *top-up*: a payment to the platform's own payee, whose capture is the user's.
         *platform's payee*: the merchant that is the platform itself. *quote*: what a withdrawal costs and when it arrives, as
         it was shown. *withdrawing*: reserved for a withdrawal, out of the wallet and not yet gone.
Tables   funding.bank_cards, top_ups, top_up_refunds, top_up_debts, withdrawal_quotes, withdrawals.
Events   BankCardBound, BankCardRefused, BankCardUnbound, TopUpCredited, TopUpFailed, TopUpRefunded, TopUpRefundFailed,
         TopUpOwed, WithdrawalMade, WithdrawalSucceeded, WithdrawalReturned.

Where to look: `rules/lifecycle.py` is the table of states; `postings.py` says which accounts move; `usecases/settle.py` what
follows from the facts of payments and payouts. Above `wallets`, whose one way out of a wallet (`spend`) it uses, and above
`payments` and `payouts`, which speak with channels.
"""
