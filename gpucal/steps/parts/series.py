"""Time series."""

from gpucal.data import Exposure

# The types of exposures that are time series by themselves.
SERIES_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ")


def is_time_series(exposure: Exposure) -> bool:
    """Whether an exposure is a time series: of a type or a visit that is for these, and of several integrations."""
    meta = exposure.meta
    nints = meta.exposure.nints
    is_one = nints is not None and nints < 2
    return not is_one and bool(str(meta.exposure.type).upper() in SERIES_TYPES or meta.visit.tsovisit)
