"""Channels: the ways in which money moves, and the code that speaks to each.

Owns     the connectors, the calls to channels, and the notices that channels send by themselves.
Words    *channel*: a way money moves (`alipay`). *connector*: the code that speaks to it. *notice*: a message
         that a channel sends by itself. *outcome*: what we learnt of an order, however we learnt it.
Tables   channels.channels and configurations: how each is spoken to. channels.exchanges and measures: what was said,
         and how it went. channels.notices, feeds and unclaimed: what they tell. channels.signatures and nonces.
Events   none.

To add a channel: one package in `connectors/`, one line in `registry.py`, and its simulator.
"""
