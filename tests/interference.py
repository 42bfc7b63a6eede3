"""Small MIRI ramps with the noise of electromagnetic interference in them, and references that know it."""

import numpy as np
from stdatamodels.jwst import datamodels

TICK = 1e-5

# Columns, rows, ticks between rows, ticks in a frame. Most are cut to few rows.
SUBARRAYS = {
    "SUB64": (72, 40, 28, 8512),
    "SLITLESSPRISM": (72, 32, 28, 15904),
    "MASK1140": (48, 30, 82, 23968),
    "BRIGHTSKY": (64, 32, 162, 86528),
    "SUB256": (256, 16, 96, 29952),
    "FULL_FAST": (1032, 10, 271, 277504),
    "FULL_SLOW": (1032, 10, 2333, 2388992),
}


def wave(nsamples=500, seed=0):
    """One period of a wave that is no sine: (nsamples,) float32, of amplitude one."""
    phase = (np.arange(nsamples) + 0.5) / nsamples
    shape = np.sin(2 * np.pi * phase)
    for harmonic in (2, 3):
        strength, shift = np.random.default_rng([seed, harmonic]).uniform(-0.4, 0.4, 2)
        shape += strength * np.sin(2 * np.pi * (harmonic * phase + shift))
    return (shape / abs(shape).max()).astype(np.float32)


def read_ticks(shape, row, nsamples, reset):
    """Ticks at which each pixel of an exposure is read: (nints, ngroups, ny, nx) float64."""
    nints, ngroups, ny, nx = shape
    group = ny * row + (1024 - ny) * 7
    starts = np.arange(nints)[:, None] * (ngroups * group + reset) + np.arange(ngroups) * group
    inside = np.arange(ny)[:, None] * row + np.arange(nx) // 4 * nsamples
    return (starts[:, :, None, None] + inside).astype(float)


def ramp(
    seed,
    subarray="SUB64",
    readpatt="FASTR1",
    nints=2,
    ngroups=6,
    waves=((390.625, 20.0),),
    noise=4.0,
    sky=8.0,
    shape=None,
):
    """A ramp with waves of given frequency (Hz) and amplitude (DN), at random phases.

    Parameters
    ----------
    seed : int
    subarray : str
        FULL, another of `SUBARRAYS`, or any name, with the pixels of SUB64.
    readpatt : str
    nints, ngroups : int
    waves : sequence of pairs of float
    noise : float
        Spread of a read, DN.
    sky : float
        Mean signal, DN per group.
    shape : tuple of int, optional
        Rows and columns, in place of those of the subarray.

    Returns
    -------
    RampModel
        One pixel in 50 is bright, one in 50 flagged.
    """
    rng = np.random.default_rng(seed)
    case = f"FULL_{readpatt[:4]}" if subarray == "FULL" else subarray
    nx, ny, row, frame = SUBARRAYS.get(case, SUBARRAYS["SUB64"])
    ny, nx = shape or (ny, nx)
    nsamples = 9 if "SLOW" in readpatt else 1
    model = datamodels.RampModel((nints, ngroups, ny, nx))
    rate = np.where(rng.random((ny, nx)) < 0.02, 900.0, rng.uniform(0, 2 * sky, (ny, nx)))
    signal = rng.normal(9000, 30, (ny, nx)) + rate * np.arange(ngroups)[:, None, None]
    reset = frame if readpatt.endswith("R1") else 0
    ticks = read_ticks(model.shape, row, nsamples, reset)
    for frequency, amplitude in waves:
        signal = signal + amplitude * at_phase(wave(), ticks * TICK * frequency + rng.random())
    model.data[:] = signal + rng.normal(0, noise, model.shape)
    model.pixeldq[:] = np.where(rng.random((ny, nx)) < 0.02, 1, 0)
    describe(model, subarray, readpatt, nsamples)
    return model


def at_phase(shape, periods):
    """A sampled wave after some periods, by linear interpolation."""
    phases = (np.arange(shape.size) + 0.5) / shape.size
    return np.interp(periods % 1, phases, shape, period=1)


def describe(model, subarray, readpatt, nsamples):
    """Write the keywords of a readout of the imager."""
    nints, ngroups, ny, nx = model.shape
    model.meta.filename = "made_uncal.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    model.meta.subarray.name = subarray
    model.meta.subarray.xstart, model.meta.subarray.xsize = 1, nx
    model.meta.subarray.ystart, model.meta.subarray.ysize = 1, ny
    exposure = model.meta.exposure
    exposure.nints, exposure.ngroups, exposure.readpatt, exposure.nsamples = (
        nints,
        ngroups,
        readpatt,
        nsamples,
    )


def reference(frequencies=(390.625,), subarrays=SUBARRAYS, nsamples=128):
    """A reference that lists frequencies (Hz) for all subarrays, read patterns and MIRIMAGE."""
    names = [f"Hz{frequency:.0f}" for frequency in frequencies]
    model = datamodels.EmiModel()
    model.frequencies = {
        name: {"frequency": frequency, "phase_amplitudes": 2 * wave(nsamples)}
        for name, frequency in zip(names, frequencies, strict=True)
    }
    model.subarray_cases = {
        subarray: {
            "rowclocks": row,
            "frameclocks": frame,
            "freqs": {"FAST": names, "SLOW": {"MIRIMAGE": names}},
        }
        for subarray, (_, _, row, frame) in subarrays.items()
    }
    model.meta.author, model.meta.description = "gpucal", "made for a test"
    model.meta.pedigree, model.meta.reftype, model.meta.useafter = "DUMMY", "emicorr", "2020-01-01T00:00:00"
    return model
