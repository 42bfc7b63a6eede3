"""Integral fields of MIRI with three slices a channel, and references of their coordinates."""

import asdf
import numpy as np
from astropy.modeling import models
from stdatamodels.jwst import datamodels

from gpucal.steps.pointing.assign_wcs import AssignWcsStep

SHAPE = NY, NX = 96, 120

# By channel and band: the range of its wavelengths, micron. Across bands it is that of the first one named.
RANGES = {
    "1SHORT": (4.68, 5.97), "1MEDIUM": (5.24, 6.87), "1LONG": (6.2, 7.9),
    "2SHORT": (7.27, 9.03), "2MEDIUM": (8.43, 10.39), "2LONG": (9.76, 11.97),
    "3SHORT": (11.29, 13.75), "3MEDIUM": (13.08, 15.86), "3LONG": (15.14, 18.29),
    "4SHORT": (17.4, 21.2), "4MEDIUM": (20.31, 24.68), "4LONG": (23.72, 28.75),
    "1SHORT-LONG": (4.68, 5.97), "2SHORT-LONG": (9.76, 11.97),
    "3LONG-MEDIUM": (15.14, 18.29), "4LONG-MEDIUM": (20.31, 24.68),
}  # fmt: skip
SETTINGS = [(channels, band) for channels in ("12", "34") for band in ("SHORT", "MEDIUM", "LONG")]
ACROSS_BANDS = [("12", "SHORT-LONG"), ("34", "LONG-MEDIUM")]
SLICES = 3


def exposure(channels="12", band="SHORT", velocity=12000.0, longitude=359.9999):
    model = datamodels.IFUImageModel(SHAPE)
    meta = model.meta
    meta.filename = "mrs_rate.fits"
    meta.instrument.name, meta.instrument.channel, meta.instrument.band = "MIRI", channels, band
    meta.instrument.detector = {"12": "MIRIFUSHORT", "34": "MIRIFULONG"}[channels]
    meta.exposure.type = "MIR_MRS"
    meta.observation.date, meta.observation.time = "2023-07-01", "00:00:00.000"
    meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = "FULL", 1, 1
    meta.subarray.ysize, meta.subarray.xsize = SHAPE
    pointing = {"v2_ref": -503.65, "v3_ref": -318.74, "ra_ref": longitude, "dec_ref": -61.3, "roll_ref": 123.0}
    for name, value in (pointing | {"v3yangle": 8.3, "vparity": -1, "velosys": velocity}).items():
        setattr(meta.wcsinfo, name, value)
    meta.velocity_aberration.scale_factor = 1.0000612
    return model


def overrides(folder, channels="12", band="SHORT", **trees):
    """References of a setting as overrides of the step; all or some of the trees may be others."""
    made = references(channels, band) | trees
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    for kind, tree in made.items():
        path = folder / f"{kind}.asdf"
        meta = {"reftype": kind, "telescope": "JWST", "author": "made", "pedigree": "GROUND", "description": kind}
        meta |= {"useafter": "2022-01-01T00:00:00", "instrument": {"name": "MIRI"}, "exposure": {"type": "MIR_MRS"}}
        meta |= {"model_type": {"distortion": "DistortionMRSModel"}.get(kind, f"{kind.capitalize()}Model")}
        meta |= {"input_units": "pixel", "output_units": "um", "wavelength_units": "um"}
        asdf.AsdfFile({"meta": meta, **tree}).write_to(path)
        kinds[f"override_{kind}"] = str(path)
    return kinds


def references(channels, band):
    """Trees by kind."""
    names = [f"{channel}{band}" for channel in channels]
    slices = [_slice(name, number) for name in names for number in range(SLICES)]
    columns = {key: [one[key] for one in slices] for key in slices[0]}
    distortion = {f"{key}_model": columns[key] for key in ("alpha", "beta", "x", "y")}
    distortion |= {
        "slices": columns["number"],
        "bzero": {"channel_band": names, "beta_zero": [-0.18 * int(name[0]) for name in names]},
        "bdel": {"channel_band": names, "delta_beta": [0.18 * int(name[0]) for name in names]},
        "abv2v3_model": {"channel_band": names, "model": [_to_telescope(int(name[0])) for name in names]},
    }
    labels = np.sum([number * inside for number, inside in zip(columns["number"], columns["inside"], strict=True)], 0)
    return {
        "distortion": distortion,
        "specwcs": {"model": columns["wavelength"], "slices": columns["number"]},
        "regions": {"regions": np.stack([np.zeros(SHAPE, np.int16)] * 7 + [labels.astype(np.int16)] * 2)},
        "wavelengthrange": {
            "waverange_selector": list(RANGES),
            "wavelengthrange": [list(ends) for ends in RANGES.values()],
        },
    }


def _slice(name, number):
    """A slice of 15 columns; the rows at its ends are beyond the range of its channel."""
    channel, (low, high) = int(name[0]), RANGES[name]
    middle = 12.0 + 18.0 * number + 55.0 * (channel % 2 == 0)
    dispersion, scale = (high - low) / (NY - 3), 0.2 * channel
    first = low - 0.7 * dispersion
    y, x = np.indices(SHAPE, float)
    # Alpha and the wavelength of y and of x from the middle; x and y of the wavelength from the first and of alpha.
    alpha = models.Polynomial2D(3, c0_1=scale, c1_0=2e-3 * scale, c1_1=3e-4 * scale, c0_3=1e-6)
    wavelength = models.Polynomial2D(2, c0_0=first, c1_0=dispersion, c0_1=0.02 * dispersion, c2_0=1e-6)
    to_x = models.Polynomial2D(2, c0_0=middle, c1_0=-2e-3 / dispersion, c0_1=1 / scale, c1_1=1e-3)
    to_y = models.Polynomial2D(2, c1_0=1 / dispersion, c0_1=-0.02 / scale, c2_0=-1e-3)
    return {
        "number": 100 * channel + number + 1,
        "alpha": models.Identity(1) & models.Shift(-middle) | alpha,
        "beta": models.Const1D(0.18 * channel * (number - 1)),
        "wavelength": models.Identity(1) & models.Shift(-middle) | wavelength,
        "x": models.Shift(-first) & models.Identity(1) | to_x,
        "y": models.Shift(-first) & models.Identity(1) | to_y,
        "inside": abs(x - middle - 0.02 * (y - NY / 2)) < 7.5,
    }


def _to_telescope(channel):
    """From alpha and beta to V2 and V3, arcsec, each channel a little apart; the way back is near enough."""
    matrix, center = np.array([[-0.99, 0.14], [0.14, 0.99]]), np.array([-503.0, -318.0]) - channel
    back = np.linalg.inv(matrix)
    there = _linear(matrix, center, c1_1=1e-4)
    there.inverse = _linear(back, -back @ center)
    return there


def _linear(matrix, shift, **more):
    first, second = (
        models.Polynomial2D(2, c0_0=constant, c1_0=row[0], c0_1=row[1], **more)
        for row, constant in zip(matrix, shift, strict=True)
    )
    return models.Mapping([0, 1, 0, 1]) | first & second
