"""How does UnionPay behave? A stand-in that speaks ACP 5.1.0, with certificates of its own authority.

keys       root, middle, UnionPay, merchant, and an impostor
messages   how fields are written and signed
book       what each message does to a transaction
gateway    a form in, a signed list of fields out
clearing   the file of a day
channel    all of it put together, with notices and pages

It is no payment service and moves no money.
"""

from tael.simulators.unionpay.channel import UnionPaySimulator, card_key, credentials, found, settings

__all__ = ["UnionPaySimulator", "card_key", "credentials", "found", "settings"]
