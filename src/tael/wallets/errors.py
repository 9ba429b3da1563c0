"""What do wallets refuse?"""

from tael.foundation.errors import Conflict, Declined, Forbidden, Malformed, NotFound, Throttled


class WalletMalformed(Malformed):
    """An amount, a currency or a text that cannot be."""

    code = "wallets.malformed"


class NoWallet(NotFound):
    """There is no such user."""

    code = "wallets.no_such_user"


class NotEnough(Declined):
    """The wallet holds less than that which is free to be spent."""

    code = "wallets.not_enough"
    title = "Not enough balance"


class LimitReached(Declined):
    """A limit of the law, of the house or of the user's own would be passed; says which, and when it is free again."""

    code = "wallets.limit_reached"
    title = "Above a limit"


class WalletFrozen(Declined):
    """The wallet, or this part of it, is frozen."""

    code = "wallets.frozen"
    title = "The wallet is frozen"


class ConfirmationMissing(Forbidden):
    """The act has to be confirmed by its user, more strongly than it was."""

    code = "wallets.confirmation_missing"
    title = "Please confirm"


class QuizOwed(Forbidden):
    """After something risky a quiz has to be passed before much leaves the wallet by transfer or withdrawal."""

    code = "wallets.quiz_owed"
    title = "Please take the quiz first"


class NameCheckNeeded(Forbidden):
    """So much to somebody new: type what is hidden of the payee's name first."""

    code = "wallets.name_check_needed"
    title = "Do you know whom you pay?"


class NameCheckFailed(Forbidden):
    """That is not what is hidden of the payee's name."""

    code = "wallets.name_check_failed"


class NoSuchPayee(NotFound):
    """There is nobody who could be paid there."""

    code = "wallets.no_such_payee"


class PayeeCannotReceive(Forbidden):
    """Nobody can send the payee anything at present; why is not the payer's business."""

    code = "wallets.payee_cannot_receive"


class TooManyLookups(Throttled):
    """Somebody looks for payees more often than people do."""

    code = "wallets.too_many_lookups"


class NoSuchTransfer(NotFound):
    """There is no such transfer, or it is another user's."""

    code = "wallets.no_such_transfer"


class NotRecallable(Conflict):
    """The transfer has arrived, or came to its end otherwise."""

    code = "wallets.not_recallable"


class NoSuchCode(NotFound):
    """There is no such code, or its time is over."""

    code = "wallets.no_such_code"


class CodeNotForRemote(Forbidden):
    """A static code is paid by whoever stands in front of it, not from a picture or a link."""

    code = "wallets.code_not_for_remote"


class TooManyCodes(Throttled):
    """Somebody asks for payment codes more often than a screen shows them."""

    code = "wallets.too_many_codes"


class CodeRefused(Declined):
    """A payment code that is not ours, has expired or was used."""

    code = "wallets.code_refused"


class NoSuchOrder(NotFound):
    """There is no order of that number."""

    code = "wallets.no_such_order"


class OrderDiffers(Conflict):
    """There is an order of that number already, about something else."""

    code = "wallets.order_differs"


class OrderEnded(Conflict):
    """The order is paid, declined or closed."""

    code = "wallets.order_ended"


class OrderPaid(Conflict):
    """The order was paid and cannot be closed any more."""

    code = "wallets.order_paid"


class PayerDeclined(Declined):
    """The payer was asked in the app, and said no."""

    code = "wallets.payer_declined"


class RefundExceedsPaid(Declined):
    """More would go back than was paid."""

    code = "wallets.refund_exceeds_paid"


class NoSuchPacket(NotFound):
    """There is no such red packet, or it is for somebody else."""

    code = "wallets.no_such_packet"


class PacketEmpty(Conflict):
    """Others were faster: every share is taken."""

    code = "wallets.packet_empty"


class PacketOver(Conflict):
    """Its time is over, and what was left has gone back."""

    code = "wallets.packet_over"


class NoSuchBill(NotFound):
    """There is no such bill, or it is another user's."""

    code = "wallets.no_such_bill"


class NoSuchStatement(NotFound):
    """There is no such statement, it is another user's, or its time is over."""

    code = "wallets.no_such_statement"


class StatementNotReady(Conflict):
    """The statement's file is not written yet, or will never be."""

    code = "wallets.statement_not_ready"


class TooManyStatements(Throttled):
    """So many statements of this user are being written that a further one has to wait."""

    code = "wallets.too_many_statements"
