"""How do those behave who carry messages to people? A gateway for text messages, a mail server, a push service; in one process.

gateway    text messages: signed requests, one message for one id, receipts, inquiries
mail       SMTP
push       Web Push (RFC 8030): whose message it is (RFC 8292), decrypted as the browser would (RFC 8291)
inbox      what arrived at which telephone, mailbox and browser
channel    all of it put together, with the page `/inbox` and the same as JSON, `/inbox.json?to=…`

The SMTP port is 50 after that of HTTP if it is free; `/addresses` says all of them.

Whom something special happens to: a telephone whose number ends in 0000 is refused, one in 0001 gets nothing and the receipt
says so, of one in 0002 there is no receipt. A mailbox `refused@…` does not exist, `busy@…` is asked to come later, and after
the content for `silent@…` the line is cut without an answer, though it has arrived.
"""

from tael.simulators.messages.channel import MessagesSimulator, post_office_files
from tael.simulators.messages.gateway import prepare_secret
from tael.simulators.messages.inbox import Arrived

__all__ = ["Arrived", "MessagesSimulator", "post_office_files", "prepare_secret"]
