"""How fine NIRSpec's cubes are, and how their voxels are weighed: the cubepar reference.

Layout: https://jwst-pipeline.readthedocs.io, "CUBEPAR Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

# Disperser, filter: first and last wavelength, step of wavelength, all micron.
BANDS = {
    ("PRISM", "CLEAR"): (0.6, 5.3, 0.005),
    ("G140M", "F100LP"): (0.97, 1.89, 0.000636),
    ("G235M", "F170LP"): (1.66, 3.17, 0.00106),
    ("G395M", "F290LP"): (2.87, 5.27, 0.00179),
    ("G140H", "F100LP"): (0.97, 1.89, 0.000235),
    ("G235H", "F170LP"): (1.66, 3.17, 0.000396),
    ("G395H", "F290LP"): (2.87, 5.27, 0.000665),
}
SPAXEL = 0.1  # arcsec
REGION = 0.2  # of influence, arcsec
STEPS_OF_INFLUENCE = 2
POWER, SOFTENING, SCALE = 2.0, 0.01, 0.1
# Of tables for cubes of several bands: the step of wavelengths from which the tables are made, micron.
TABLE_STEPS = {"prism": 0.02, "med": 0.0015, "high": 0.0006}
TABLE_ENDS = 0.6, 5.4

_KEYS = [("disperser", "S5"), ("filter", "S6")]


def cubepar():
    """The reference, of all settings.

    Returns
    -------
    NirspecIFUCubeParsModel
    """
    model = datamodels.NirspecIFUCubeParsModel()
    bands = [(*key, *values) for key, values in BANDS.items()]
    model.ifucubepars_table = np.array(
        [(*key, first, last, SPAXEL, step) for *key, first, last, step in bands],
        _KEYS + _floats("wavemin", "wavemax", "spaxelsize", "spectralstep"),
    )
    model.ifucubepars_msm_table = np.array(
        [(*key, REGION, STEPS_OF_INFLUENCE * step, POWER, SOFTENING) for *key, _, _, step in bands],
        _KEYS + _floats("roispatial", "roispectral", "power", "softrad"),
    )
    model.ifucubepars_emsm_table = np.array(
        [(*key, REGION, STEPS_OF_INFLUENCE * step, SCALE) for *key, _, _, step in bands],
        _KEYS + _floats("roispatial", "roispectral", "scalerad"),
    )
    for name, step in TABLE_STEPS.items():
        region = REGION, STEPS_OF_INFLUENCE * step
        for kind, columns, values in (
            ("msm", ("roispatial", "roispectral", "power", "softrad"), (*region, POWER, SOFTENING)),
            ("emsm", ("roispatial", "roispectral", "scalerad"), (*region, SCALE)),
            ("driz", (), ()),
        ):
            rows = [(wave, *values) for wave in np.arange(*TABLE_ENDS, step)]
            table = np.array(rows, _floats("wavelength", *columns))
            setattr(model, f"ifucubepars_{name}_{kind}_wavetable", table)
    describe(model, "cubepar", "NRS_IFU", name="NIRSPEC")
    return model


def _floats(*names):
    return [(name, "f4") for name in names]
