"""What is decided about acts without asking anybody: where an address is, what a browser calls itself, what is unusual."""

from tael.behaviour.rules.browsers import browser_and_system
from tael.behaviour.rules.places import masked_address, place_of
from tael.behaviour.rules.unusual import find_unusual, without_known
from tael.behaviour.rules.words import act_in_words, device_in_words, place_in_words, reasons_in_words

__all__ = [
    "act_in_words",
    "browser_and_system",
    "device_in_words",
    "find_unusual",
    "masked_address",
    "place_in_words",
    "place_of",
    "reasons_in_words",
    "without_known",
]
