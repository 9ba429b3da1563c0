"""Wallets: people's balances, and every way in which money goes into them, out of them, and between them.

Owns     wallets, transfers between users, orders that are paid by balance, personal codes and payment codes, red packets,
         and the counters of limits.
Words    *wallet*: a user's balance; it lies in the ledger, as `user:usr_…:wallet`. *held*: a part of it that is on its way
         and can still be recalled. *frozen*: a part of it, or all, that somebody forbade to spend: standing knows who and
         why, and the floor of the wallet's account keeps it there. *transfer*: from one user to another, at once or some
         hours later. *counter*: what a user has used of a limit in one period of China's calendar. *spending*: one act that
         takes money out of a wallet, whatever for. *order*: what a user pays a merchant by balance, under the number that
         the payment has for its channel. *personal code*: what a payee shows to be paid. *payment code*: what a payer shows
         to pay. *red packet*: money for several, in shares that are claimed. *bill*: a posting of a wallet's account, with
         what is known of it. *statement*: the bills of a period in a file, with a code by which others check it.
Tables   wallets.wallets, counters, transfers, orders, order_refunds, personal_codes, code_warnings, payment_codes,
         red_packets, red_packet_shares, statements, statement_files.
Events   TransferMade, TransferArrived, TransferRecalled, TransferReturned, LooksLikeBusiness, OrderShown, OrderDeclined,
         OrderPaid, OrderRefunded, RedPacketSent, RedPacketClaimed, RedPacketReturned, StatementReady.

Where to look: `postings.py` says which accounts move; `rules/limits.py` which limits there are and what an act counts in;
`usecases/spend.py` is the one place through which money leaves a wallet: it checks, counts and books many acts at once.
A wallet's row is locked before its counters and before the ledger, so no two spend from one wallet at the same time.
"""
