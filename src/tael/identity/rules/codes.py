"""How long does a one-time code live, and how many are made? No input, no output, no clock, no dice."""

from datetime import timedelta

DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
"""Long enough for a message to arrive, too short to be passed on at leisure."""
CODE_EVERY = timedelta(minutes=1)
MOST_CODES = 10
CODES_COUNTED_FOR = timedelta(hours=24)
"""So many codes in the day that begins with the first of them: each costs money and wakes somebody up."""


def code_of(number: int) -> str:
    """A number below a million as a code."""
    return f"{number:0{DIGITS}}"


def code_as_typed(text: str) -> str:
    """A code without the spaces that people put into it."""
    return text.strip().replace(" ", "")
