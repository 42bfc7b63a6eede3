"""How fine cubes of MIRI are, and how their voxels are weighed: the cubepar reference.

Layout: https://jwst-pipeline.readthedocs.io, "CUBEPAR Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.ifu.mrs_settings import CHANNEL, KIND, LETTERS, RANGES
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

SPAXELS_OF_INFLUENCE, STEPS_OF_INFLUENCE = 1.5, 2
POWER, SOFTENING, SCALE = 2.0, 0.01, 0.1

_KEYS = [("channel", "S3"), ("band", "S12")]


def cubepar():
    """The reference, of all channels and bands; of a band mixed of two, the first counts.

    Returns
    -------
    MiriIFUCubeParsModel
    """
    model = datamodels.MiriIFUCubeParsModel()
    bands = [(str(channel), band, channel, limits) for (channel, band), limits in RANGES.items()]
    bands += [
        (str(channel), f"{band}-{other}", channel, limits)
        for (channel, band), limits in RANGES.items()
        for other in LETTERS
        if other != band
    ]
    model.ifucubepars_table = np.array(
        [(*key, CHANNEL[one].spaxel, CHANNEL[one].step, *limits) for *key, one, limits in bands],
        _KEYS + _floats("spaxelsize", "spectralstep", "wavemin", "wavemax"),
    )
    waves, of_channel = _all_wavelengths()
    for kind, columns, own in (
        ("msm", ("roispatial", "roispectral", "power", "softrad"), (POWER, SOFTENING)),
        ("emsm", ("roispatial", "roispectral", "scalerad"), (SCALE,)),
    ):
        rows = [(*key, *_region(one), *own) for *key, one, _ in bands]
        setattr(model, f"ifucubepars_{kind}_table", np.array(rows, _KEYS + _floats(*columns)))
        rows = [(wave, *_region(one), *own) for wave, one in zip(waves, of_channel, strict=True)]
        table = np.array(rows, _floats("wavelength", *columns))
        setattr(model, f"ifucubepars_multichannel_{kind}_wavetable", table)
    model.ifucubepars_multichannel_driz_wavetable = np.rec.fromarrays([waves], _floats("wavelength"))
    describe(model, "cubepar", KIND, name="MIRI")
    return model


def _region(channel):
    """Regions of influence: arcsec, micron."""
    return SPAXELS_OF_INFLUENCE * CHANNEL[channel].spaxel, STEPS_OF_INFLUENCE * CHANNEL[channel].step


def _all_wavelengths():
    """Wavelengths of all channels one after another, each with its step; and the channel of each."""
    waves, channels = [], []
    for channel, known in CHANNEL.items():
        first = RANGES[1, "SHORT"][0] if not waves else waves[-1][-1] + known.step
        last = RANGES[channel, "LONG"][1]
        waves.append(np.arange(first, last, known.step))
        channels.append(np.full(len(waves[-1]), channel))
    return np.concatenate(waves), np.concatenate(channels)


def _floats(*names):
    return [(name, "f4") for name in names]
