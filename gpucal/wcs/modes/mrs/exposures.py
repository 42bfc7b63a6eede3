"""The WCS of an exposure of the medium resolution spectrometer of MIRI.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html.
"""

from gpucal.wcs import frames
from gpucal.wcs.modes.mrs.optics import Optics
from gpucal.wcs.modes.mrs.transforms import to_field, to_slicer
from gpucal.wcs.nodes import beside, bounding_box, identity
from gpucal.wcs.telescope import aberration, pointing_of, to_sky
from gpucal.wcs.world import Wcs


def mrs_wcs(exposure, optics: Optics) -> Wcs:
    """The WCS of an exposure.

    Parameters
    ----------
    exposure : Exposure
        Of one detector: two channels, or one.
    optics : Optics
        What references say of it.

    Returns
    -------
    Wcs
        Frames ``detector``, ``alpha_beta`` (along and across slices, arcsec), ``v2v3``, ``v2v3vacorr`` and ``world``;
        each but the first with the wavelength, micron, as third coordinate.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    meta, pointing = exposure.meta, pointing_of(exposure)
    rows, columns = exposure.shape_of("data")[-2:]
    there = to_slicer(optics, meta.wcsinfo.velosys)
    x, y = there["inputs"]
    there["bounding_box"] = bounding_box(**{x: (-0.5, columns - 0.5), y: (-0.5, rows - 0.5)})
    spectral = frames.spectral("spectral")
    seen = (("v2", "v3"), "arcsec")
    return Wcs(
        (
            frames.plane("detector", ("x", "y"), "pixel"),
            frames.composite(
                "alpha_beta",
                frames.plane("alpha_beta_spatial", ("alpha", "beta"), "arcsec"),
                frames.spectral("alpha_beta_spectral"),
            ),
            frames.composite("v2v3", frames.plane("v2v3_spatial", *seen), spectral),
            frames.composite("v2v3vacorr", frames.plane("v2v3vacorr_spatial", *seen), spectral),
            frames.composite("world", frames.sky("icrs", ("RA", "DEC")), spectral),
        ),
        (
            there,
            to_field(optics.channels),
            beside(aberration(meta.velocity_aberration.scale_factor, pointing), identity(1)),
            beside(to_sky(pointing), identity(1)),
        ),
    )
