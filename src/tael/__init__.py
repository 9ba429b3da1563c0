"""Tael: an online payment platform that balances after any crash."""

__version__ = "0.1.0"
