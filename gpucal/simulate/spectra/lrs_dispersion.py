"""Where MIRI's low-resolution spectrometer puts each wavelength: the specwcs reference.

The numbers follow the calibration of May 2022 (jwst_miri_specwcs_0005 and _0006 of the observatory) to a few hundredths
of a micron. Layout: https://jwst-pipeline.readthedocs.io, "SPECWCS Reference File".
"""

import numpy as np

from gpucal.simulate.distortion import distortion_model
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

SLIT, SLITLESS = "MIR_LRS-FIXEDSLIT", "MIR_LRS-SLITLESS"
SLIT_PLACE, SLITLESS_PLACE = (326.13, 300.7), (38.5, 829.0)  # pixels of the full frame, from 1
HALF_SLIT = (23.0, 2.3)  # pixels
HALF_REGION = 20.0
ROWS = np.arange(94.0, -294.0, -1.0)  # from the reference place
# Rows, and their wavelengths with the slit and without it, micron.
NODES = (*range(-293, 58, 25), 63, 69, 75, 81, 87, 94)
WAVELENGTHS = {
    SLIT: (
        *(14.0203, 13.6684, 13.3012, 12.9177, 12.5156, 12.0925, 11.6451, 11.1692, 10.6616, 10.1161, 9.5206),
        *(8.869, 8.1361, 7.2906, 6.2578, 5.9601, 5.6332, 5.2631, 4.8238, 4.2458, 3.1871),
    ),
    SLITLESS: (
        *(13.9921, 13.6562, 13.3057, 12.9396, 12.5558, 12.1519, 11.7248, 11.2706, 10.7861, 10.2656, 9.6976),
        *(9.0766, 8.3794, 7.5793, 6.6171, 6.3458, 6.053, 5.7298, 5.3612, 4.9087, 4.1),
    ),
}
TRACE = {
    SLIT: (-0.027984, 0.0051522),
    SLITLESS: (-0.017706, 0.0032873),
}  # columns: at the reference place, and by row


def reference_place(exp_type: str) -> tuple[float, float]:
    """The pixel of the full frame where sources are put, from 0."""
    x, y = SLIT_PLACE if exp_type == SLIT else SLITLESS_PLACE
    return x - 1, y - 1


def specwcs(exp_type: str):
    """The wavelengths and the trace.

    Parameters
    ----------
    exp_type : str
        MIR_LRS-FIXEDSLIT or MIR_LRS-SLITLESS.

    Returns
    -------
    MiriLRSSpecwcsModel
        With the corners of the slit.
    """
    from scipy.interpolate import PchipInterpolator

    wavelength = PchipInterpolator(NODES, WAVELENGTHS[exp_type])(ROWS)
    start, slope = TRACE[exp_type]
    x = start + slope * ROWS
    left, right, top, bottom = x - HALF_REGION, x + HALF_REGION, ROWS + 0.5, ROWS - 0.5
    names = ("x_center", "y_center", "wavelength", "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3")
    columns = (x, ROWS, wavelength, left, top, right, top, right, bottom, left, bottom)
    model = datamodels.MiriLRSSpecwcsModel()
    model.wavetable = np.rec.fromarrays(columns, [(name, "f8") for name in names])
    model.meta.x_ref, model.meta.y_ref = SLIT_PLACE
    model.meta.x_ref_slitless, model.meta.y_ref_slitless = SLITLESS_PLACE
    to_telescope = distortion_model("MIRIMAGE")
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    for number, (across, along) in enumerate(signs, 1):
        x0, y0 = SLIT_PLACE[0] - 1, SLIT_PLACE[1] - 1
        v2, v3 = to_telescope(x0 + across * HALF_SLIT[0], y0 + along * HALF_SLIT[1])
        setattr(model.meta, f"v2_vert{number}", float(v2))
        setattr(model.meta, f"v3_vert{number}", float(v3))
    describe(model, "specwcs", exp_type, name="MIRI", detector="MIRIMAGE", filter="P750L")
    return model
