"""A shop's server hears what happened: it believes only what Tael has signed, and does each thing once.

export TAEL_WEBHOOK_SECRET=whsec_…     what making the endpoint gave you
python examples/python/receiver.py 9000
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from tael.client import types, webhooks

SECRET = os.environ["TAEL_WEBHOOK_SECRET"]
seen: set[str] = set()  # a real shop keeps the ids in its database, in the transaction that fulfils the order


def fulfil(event: webhooks.Event) -> None:
    """What the shop does about it."""
    if event.type == "payment.captured":
        payment = event.object_as(types.Payment)
        print(f"Ship {payment.reference}: {payment.captured_minor} {payment.currency} are here", flush=True)
    elif event.type == "refund.succeeded":
        print("The payer has", event.object_as(types.Refund).amount_minor, "back", flush=True)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 for what it has, 400 for what is not from Tael. Whatever else it answers, Tael comes again."""

    def do_POST(self) -> None:
        """Hear an event. The body is checked as it came, byte for byte."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhooks.verify(self.headers, body, secret=SECRET)
        except webhooks.NotFromTael as why:
            print("Not believed:", why, flush=True)
            self.send_response(400)
        else:
            if event.id not in seen:
                fulfil(event)
                seen.add(event.id)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing about each request."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Receiver)
    print("Listening on", server.server_port, flush=True)
    server.serve_forever()
