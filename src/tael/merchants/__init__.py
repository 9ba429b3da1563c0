"""Merchants: who sells, on which terms, and with which keys their servers call us.

Owns     merchants and their API keys.
Words    *merchant*: a party that is paid. *API key*: what a merchant's server shows with each request; only its
         hash is kept, and its first characters (the *prefix*) to tell keys apart.
Tables   merchants.merchants, merchants.api_keys.
Events   none yet.
"""
