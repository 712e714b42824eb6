"""Whether an edge can be travelled in a mode, under the barriers of the moment."""

from typing import Final

NOT_TRAVELLED: Final = 0
"""Nowhere: not in this mode, or closed all along."""
OPEN: Final = 1
"""All along."""
PARTLY_OPEN: Final = 2
"""In parts: a barrier closes the others."""
