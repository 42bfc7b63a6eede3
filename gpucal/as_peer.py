"""Whether results are to be those of the jwst package even where gpucal does better by default."""

import os


def as_peer() -> bool:
    """Whether the environment asks for it: ``GPUCAL_AS_PEER=1``."""
    return os.environ.get("GPUCAL_AS_PEER", "0") not in ("", "0")
