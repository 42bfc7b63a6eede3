"""Whether results that gpucal mends on purpose are to be as jwst makes them; `docs/parity.md` lists these."""

import os

VARIABLE = "GPUCAL_AS_PEER"


def as_peer() -> bool:
    """Whether the environment asks for it: ``GPUCAL_AS_PEER=1``."""
    return os.environ.get(VARIABLE, "") not in ("", "0")
