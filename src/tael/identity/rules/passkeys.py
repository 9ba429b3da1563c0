"""How many passkeys may somebody have, how are they called, and how long may an answer take? No input, no output, no clock."""

from datetime import timedelta

from tael.identity.errors import PasskeyMalformed

MOST_PASSKEYS = 10
LONGEST_NAME = 40
QUESTION_LIFETIME = timedelta(minutes=5)


def name_as_kept(name: str) -> str:
    """What somebody calls a passkey; refuses `PasskeyMalformed`."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise PasskeyMalformed(f"A name has 1 to {LONGEST_NAME} printable characters.", field="name")
    return name
