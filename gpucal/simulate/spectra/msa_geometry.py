"""Where the shutters and slits of NIRSpec are: the msa reference.

Pitch and opening of the shutters, and the places of the slits, from "The Near-Infrared Spectrograph (NIRSpec) on the
James Webb Space Telescope I", Jakobsen et al. 2022, A&A 661, A80, and the SIAF; quadrants are set up from those,
without the departures of the real array. Layout: https://jwst-pipeline.readthedocs.io, "MSA Reference File".
"""

from pathlib import Path

import numpy as np

from gpucal.simulate.references import write_tree
from gpucal.simulate.spectra.nirspec_settings import SHUTTERS_ACROSS, SHUTTERS_ALONG

PITCH = (105e-6, 204e-6)  # m
OPENING = (78e-6, 175e-6)
# Of each quadrant: how it is turned (degrees), and where its first shutter is (m).
QUADRANTS = (
    (0.0063025, -0.04266, -0.04194),
    (-0.0040107, -0.04284, 0.0072),
    (0.0097403, 0.0045894, -0.0418662),
    (0.0034377, 0.00459, 0.00727),
)
# Middles and sizes of S200A1, S200A2, S400A1, S1600A1, S200B1 and the IFU's aperture, m.
SLITS = (
    (0.02697243, -0.0027167, 7.630e-05, 0.00127117),
    (0.0346618, -0.0012453, 7.630e-05, 0.001275),
    (0.0296625, 0.0002944, 1.535e-04, 0.001452),
    (0.0286604, 1.6032e-03, 6.27e-04, 0.00062),
    (-0.0346889, 2.6650e-03, 7.85e-05, 0.001276),
    (0.04127, 8.6e-05, 1.21e-03, 0.00123),
)
_COLUMNS = [("NO", "i4"), ("XC", "f8"), ("YC", "f8"), ("SIZEX", "f8"), ("SIZEY", "f8")]


def write_msa(path: Path) -> None:
    """Write the reference.

    Parameters
    ----------
    path : pathlib.Path
    """
    from astropy.modeling.models import Rotation2D, Shift

    number = SHUTTERS_ACROSS * SHUTTERS_ALONG
    along, across = np.divmod(np.arange(number), SHUTTERS_ACROSS)
    shutters = np.empty(number, _COLUMNS)
    shutters["NO"] = np.arange(number) + 1
    shutters["XC"], shutters["YC"] = across * PITCH[0], along * PITCH[1]
    shutters["SIZEX"], shutters["SIZEY"] = OPENING
    tree = {}
    for quadrant, (angle, x, y) in enumerate(QUADRANTS, 1):
        tree[f"Q{quadrant}"] = {"data": shutters, "model": Rotation2D(angle) | Shift(x) & Shift(y)}
    slits = np.array([(number, *slit) for number, slit in enumerate(SLITS, 1)], _COLUMNS)
    tree["Q5"] = {"data": slits, "model": Shift(0.0) & Shift(0.0)}
    own = {"input_units": "m", "output_units": "m", "model_type": "MSAModel"}
    own["exposure"] = {"type": "N/A"}
    write_tree(path, {"name": "NIRSPEC"}, "msa", "Simulated msa of NIRSpec", tree, own)
