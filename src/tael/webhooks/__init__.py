"""Webhooks: what merchants are told, kept as a log, and sent to the addresses that they name.

Owns     events, endpoints, deliveries and their attempts.
Words    *event*: one fact as a merchant is told it, with the object as the API showed it then. *endpoint*: an address of
         a merchant that events are sent to. *delivery*: one event on its way to one endpoint. *attempt*: one try to send
         it, with the answer. *rest*: a pause of an endpoint that keeps failing, so that it delays nobody else.
Tables   webhooks.events, webhooks.endpoints, webhooks.deliveries, webhooks.attempts.
Events   EndpointDisabled.

Where to look: `registry.py` says which fact becomes which event; `rules/addresses.py` says where we send nothing to;
`rules/retries.py` says when a delivery is tried again and when an endpoint rests; `usecases/relay.py` sends.
"""
