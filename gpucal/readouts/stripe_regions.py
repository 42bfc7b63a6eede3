"""The integrations of an exposure that share pixels of the detector."""

from gpucal.readouts.stripes import superstripes_of


def detector_regions(exposure):
    """Which integrations look at which region of the detector.

    Parameters
    ----------
    exposure : Exposure
        Ramps. Those of superstripes have pixel flags of shape (nstripes, ny, nx), and so have the references that
        are cut to them: each integration looks at the next stripe, and begins anew after the last.

    Yields
    ------
    region : int or Ellipsis
        Index of the region in pixel flags and references; Ellipsis where there is but one.
    integrations : slice
        The integrations, of consecutive memory.

    Examples
    --------
    >>> for region, integrations in detector_regions(exposure):
    ...     exposure.data[integrations] -= bias[region]
    """
    superstripes = superstripes_of(exposure.meta)
    if not superstripes:
        yield ..., slice(None)
        return
    for integration in range(len(exposure.data)):
        yield integration % superstripes, slice(integration, integration + 1)
