"""Spectra and images of the MRS with fringes of known periods, and a reference that tells where to look for them."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.steps.parts.fringes.image import Image

# Wavelengths of the first part of each channel, micron.
RANGES = {1: (4.90, 5.74), 2: (7.51, 8.77), 3: (11.55, 13.47), 4: (17.7, 20.95)}
RESOLUTION = 3000.0


def line(wavelengths, center):
    """A line as wide as the resolution, of height 1."""
    return np.exp(-0.5 * ((wavelengths - center) * RESOLUTION * 2.355 / center) ** 2)


def fringed_spectrum(channel, npoints=1000, snr=300.0, nlines=3):
    """A spectrum with fringes of 2.75 and 3.05 cm-1 and, in channels 3 and 4, of 0.41.

    Returns
    -------
    flux, wavelengths, truth : (npoints,) float64 arrays
        The truth has neither noise nor fringes.
    """
    rng = np.random.default_rng(channel)
    first, last = RANGES[channel]
    wavelengths = np.linspace(first, last, npoints)
    numbers = 1e4 / wavelengths
    level = 0.05 * (wavelengths / first) ** 1.5
    fringes = 1 + 0.02 * np.sin(2 * np.pi * numbers / 2.75 + 0.3) + 0.012 * np.sin(2 * np.pi * numbers / 3.05 + 1.1)
    if channel > 2:
        fringes *= 1 + 0.01 * np.sin(2 * np.pi * numbers / 0.41)
    lines = sum(2 * level * line(wavelengths, center) for center in np.linspace(first, last, nlines + 2)[1:-1])
    truth = level + lines
    return level * fringes + lines + rng.normal(0, level / snr), wavelengths, truth


def fringed_image(channel, ncolumns=2, nrows=1024, snr=150.0, nbad=8, tilt=1.8):
    """An image of two tilted slices, with some bad pixels, and what it is without noise and fringes.

    Returns
    -------
    Image
        In which each column of a slice has its own periods of fringes.
    (nrows, nx) float64 array
        The truth; NaN outside of slices.
    """
    rng = np.random.default_rng(channel)
    nx = 2 * ncolumns + 5
    y, x = np.mgrid[:nrows, :nx]
    tilted = x - 1 - np.floor(tilt * (y / nrows) ** 2).astype(int)
    number, column = np.divmod(tilted, ncolumns + 1)
    inside = (tilted >= 0) & (number < 2) & (column < ncolumns)
    slices = np.where(inside, 100 * channel + 1 + number, 0)
    first, last = RANGES[channel]
    along = y / (nrows - 1) if channel < 3 else 1 - y / (nrows - 1)
    wavelengths = first + (last - first) * (along + 0.03 * along**2) / 1.03 + 1e-4 * x
    numbers = 1e4 / wavelengths
    level = 20 * (1 + 0.1 * x) * (wavelengths / first) ** 1.2
    fringes = 1 + 0.03 * np.sin(2 * np.pi * numbers / (2.8 + 0.03 * x) + x)
    if channel > 2:
        fringes *= 1 + 0.012 * np.sin(2 * np.pi * numbers / 0.4 + x)
    truth = level * (1 + sum(2 * line(wavelengths, first + (last - first) * place) for place in (0.3, 0.7)))
    data = (truth * fringes + rng.normal(0, level / snr)).astype(np.float32)
    err, dq = (level / snr).astype(np.float32), np.zeros(data.shape, np.uint32)
    bad = rng.integers(0, nrows, nbad), rng.integers(1, nx - 1, nbad)
    dq[bad] = 1
    data[bad[0][::2], bad[1][::2]] = np.nan
    image = Image(np.where(inside, data, 0), err, dq, np.where(inside, wavelengths, np.nan), slices)
    return image, np.where(inside, truth, np.nan)


def frequency_tables(channel, least_snr=10.0):
    """The tables of a reference for the two slices of such an image, by name."""
    two = [(name, dtype, 2) for name, dtype in (("ffreq", "f8"), ("dffreq", "f8"), ("min_nfringes", "i8"),
           ("max_nfringes", "i8"), ("min_snr", "f8"), ("pgram_res", "f8"))]  # fmt: skip
    rows = np.zeros(2, [("slice", "f8"), *two])
    for row, number in zip(rows, (1, 2), strict=True):
        periods, snr = (2.9, 0.4 if channel > 2 else 0.0), (least_snr, least_snr)
        values = (100 * channel + number, periods, (1.5, 0.15), (1, 1), (10, 15), snr, (0.005, 0.001))
        for name, value in zip(rows.dtype.names, values, strict=True):
            row[name] = value
    largest = np.zeros(2, [("Wavelength", "f8"), ("Amplitude", "f8")])
    largest["Wavelength"], largest["Amplitude"] = (4.0, 28.0), 0.2
    return {"rfc_freq_short_table": rows, "max_amp_table": largest}


class Tables:
    """What a reference is to `FringeReference`."""

    label = "fringefreq.fits"

    def __init__(self, tables):
        self._tables = tables

    def table(self, name):
        return self._tables.get(name)


def exposure_of(image, channel):
    """The image as a calibrated exposure, without coordinates."""
    model = datamodels.IFUImageModel(image.data.shape)
    model.data, model.err, model.dq = image.data.copy(), image.err.copy(), image.dq.copy()
    meta = model.meta
    meta.filename = f"mrs{channel}_cal.fits"
    meta.instrument.name, meta.instrument.detector = "MIRI", "MIRIFUSHORT" if channel < 3 else "MIRIFULONG"
    meta.instrument.channel, meta.instrument.band = "12" if channel < 3 else "34", "SHORT"
    meta.exposure.type, meta.cal_step.fringe = "MIR_MRS", "COMPLETE"
    meta.observation.date, meta.observation.time = "2024-04-01", "00:00:00"
    return model


def references_of(image, channel, folder):
    """Files of frequencies and of regions for such an exposure: paths by the parameter that takes them."""
    frequencies, regions = datamodels.FringeFreqModel(), datamodels.RegionsModel()
    for name, table in frequency_tables(channel).items():
        setattr(frequencies, name, table)
    regions.regions = np.stack([np.zeros_like(image.slices)] * 7 + [image.slices] * 2).astype(np.int32)
    paths = {"override_fringefreq": folder / f"fringefreq{channel}.fits", "override_regions": folder / "regions.asdf"}
    for model, path in zip((frequencies, regions), paths.values(), strict=True):
        model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
        model.save(path)
    return {name: str(path) for name, path in paths.items()}
