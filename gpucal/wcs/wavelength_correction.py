"""A correction of wavelengths in the WCS of a slit, after the frame of the slit.

Source: the ``wavecorr`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wavecorr/description.html.
"""

from dataclasses import replace

from gpucal.wcs.frames import composite, plane, spectral
from gpucal.wcs.nodes import beside, identity, tabular
from gpucal.wcs.world import Wcs

SLIT_FRAME, CORRECTED_FRAME = "slit_frame", "wavecorr_frame"


def with_correction(wcs: Wcs, points, values) -> Wcs:
    """A WCS with a table of wavelengths inserted.

    Parameters
    ----------
    wcs : Wcs
        Of a slit; its frame ``slit_frame`` has two places and a wavelength.
    points, values : (n,) float64 array
        Wavelengths in that frame, increasing, and the corrected ones; linear beyond the ends.

    Returns
    -------
    Wcs
        It has a frame more, ``wavecorr_frame``.

    Raises
    ------
    UnknownFrameError
        If it has no frame of the slit.
    """
    after = wcs.index_of(SLIT_FRAME) + 1
    table = beside(identity(2), tabular(points, values, "wave2wavecorr", beyond=None))
    frame = composite(
        CORRECTED_FRAME, plane("slit_spatial", ("x_slit", "y_slit"), ""), spectral("spectral", "wavelength")
    )
    return replace(
        wcs,
        frames=(*wcs.frames[:after], frame, *wcs.frames[after:]),
        transforms=(*wcs.transforms[: after - 1], table, *wcs.transforms[after - 1 :]),
    )


def without_correction(wcs: Wcs) -> Wcs:
    """A WCS without the table of wavelengths that `with_correction` inserted; the same one if it has none."""
    if CORRECTED_FRAME not in wcs.frame_names:
        return wcs
    place = wcs.index_of(CORRECTED_FRAME)
    return replace(
        wcs,
        frames=(*wcs.frames[:place], *wcs.frames[place + 1 :]),
        transforms=(*wcs.transforms[: place - 1], *wcs.transforms[place:]),
    )
