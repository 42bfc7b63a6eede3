"""In which spectral order, and at which wavelengths, a filter and a disperser let light through."""

import logging
from typing import NamedTuple

from gpucal.errors import GpucalError

log = logging.getLogger(__name__)

# Exposures of these types are lit by a lamp of the instrument, also where a filter is named.
LAMP_TYPES = ("NRS_LAMP", "NRS_AUTOWAVE", "NRS_AUTOFLAT")

# The filter that keeps the light of the sky out.
OPAQUE = "OPAQUE"

# Where the reference knows nothing of a disperser.
_UNKNOWN_ORDER, _ALL_WAVELENGTHS = -1, (0.6e-6, 5.3e-6)


class SpectralRange(NamedTuple):
    """What of a spectrum reaches the detectors.

    Attributes
    ----------
    order : int
        Spectral order.
    shortest, longest : float
        Wavelengths, metres.
    """

    order: int
    shortest: float
    longest: float


def is_lit_by_lamp(meta) -> bool:
    """Whether the light of an exposure does not come from the sky: then its coordinates end at the slits."""
    return meta.instrument.filter == OPAQUE or str(meta.exposure.type).upper() in LAMP_TYPES


def spectral_range_of(meta, reference) -> SpectralRange:
    """The order and wavelengths of an exposure.

    Parameters
    ----------
    meta : node
        Metadata: filter or lamp, and grating.
    reference : mapping
        The tree of a wavelengthrange reference.

    Returns
    -------
    SpectralRange
        That of the filter (or lamp) and grating; else of the first row of the grating, else all wavelengths.

    Raises
    ------
    GpucalError
        If the header names neither.
    """
    grating = meta.instrument.grating
    light = meta.instrument.lamp_state if is_lit_by_lamp(meta) else meta.instrument.filter
    if light is None:
        reason = "FILTER" if not is_lit_by_lamp(meta) else "LAMP, though the light does not come from the sky"
        raise GpucalError(f"the header lacks {reason}: the wavelengths are not known")
    wanted = f"{light}_{grating}"
    names = list(reference["waverange_selector"])
    same_grating = [name for name in names if name.split("_")[1] == grating]
    if wanted not in names:
        log.info("The wavelengthrange reference has no row %s", wanted)
    if wanted not in names and not same_grating:
        return SpectralRange(_UNKNOWN_ORDER, *_ALL_WAVELENGTHS)
    row = names.index(wanted if wanted in names else same_grating[0])
    shortest, longest = reference["wavelengthrange"][row]
    return SpectralRange(int(reference["order"][row]), float(shortest), float(longest))
