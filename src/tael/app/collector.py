"""How often does the collector of garbage look? Seldom: what we do leaves few cycles behind."""

import gc


def seldom_collect() -> None:
    """Look less often than Python does: importing a thousand modules makes much, and no garbage."""
    gc.set_threshold(200_000, 20, 50)


def spare_the_collector() -> None:
    """What was made at the start stays: it need not be looked at again and again."""
    gc.collect()
    gc.freeze()
