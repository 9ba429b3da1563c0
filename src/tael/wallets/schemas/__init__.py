"""What do wallets look like on the wire? Requests that are strict, and bodies that say no more than their reader may know."""

from tael.wallets.schemas.transfers import SendTransferRequest, TransferBody, transfer_body

__all__ = ["SendTransferRequest", "TransferBody", "transfer_body"]
