"""How often Python looks for circles of objects that nobody holds."""

from __future__ import annotations

import gc


def look_seldom() -> None:
    """
    Look for circles rarely from now on, and never among what is here already.

    A look makes thousands of objects and next to no circles; searching them every few hundred took a tenth of
    its time. For processes that do nothing else: the setting is the whole process's.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
