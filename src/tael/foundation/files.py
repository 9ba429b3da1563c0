"""How does a file come to be, complete or not at all?"""

import os
import secrets
from pathlib import Path


def write_unless_there(file: Path, content: bytes) -> None:
    """Make `file` for its owner alone, unless somebody has made it already; a crash leaves no half of it.

    The content is written beside, and gets its name with a link, which never replaces.
    """
    draft = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        try:
            file.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
