"""Vault: where card numbers live, and nowhere else.

Owns     cards, the tokens that stand for them, the keys that seal them, and the trail of who took one out and why.
Words    *token*: stands for one card of one merchant; worth nothing outside of this platform. *master key*: seals the data
         keys; it is a file, or split among *custodians*. *data key*: seals the cards of a day. *fingerprint*: the same for
         the same card in this installation, and tells nothing of it. *destination*: an address that a channel's cards
         may go to.
Tables   vault.tokens, vault.master_keys, vault.data_keys, vault.destinations, vault.audit: of a database role of their own.
Events   none: nothing is told to the outside, it has to ask.

The vault is a process of its own (`tael run vault`), with its own keys and log. A number leaves it in one way: inside of a
message that it sends to a channel itself. Security codes (CVV) are kept in memory only, for one authorisation.
"""
