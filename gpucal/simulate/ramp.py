"""From charge to raw groups: accumulate, read, average."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gpucal.simulate.electronics import Electronics
from gpucal.simulate.interference import Interference
from gpucal.simulate.irs2 import Irs2Electronics
from gpucal.simulate.response import LARGEST_SIGNAL
from gpucal.simulate.settling import Settling

BAND_ROWS = 256
CONVERTER_MAXIMUM = 65535


@dataclass(frozen=True)
class RawRamp:
    """Raw pixels of an exposure.

    Attributes
    ----------
    groups : ndarray (nints, ngroups, ny, nx), uint16
        With their interleaved pixels, where there are such.
    zero_frame : ndarray (nints, ny, nx), uint16, or None
        First frame of each integration, where it is kept.
    reference_output : ndarray (nints, ngroups, ny, nx / 4), uint16, or None
        What the reference output read meanwhile: a value for each pixel of one of the four outputs.
    """

    groups: np.ndarray
    zero_frame: np.ndarray | None
    reference_output: np.ndarray | None


class _Noise:
    """Random pixels from one stream for each band of rows, so that threads do not change them."""

    def __init__(self, shape, seed_sequence):
        self._shape = shape
        starts = range(0, shape[0], BAND_ROWS)
        self._bands = [slice(start, min(start + BAND_ROWS, shape[0])) for start in starts]
        self._generators = [
            np.random.Generator(np.random.SFC64(child)) for child in seed_sequence.spawn(len(self._bands))
        ]
        self._pool = ThreadPoolExecutor(min(len(self._bands), os.cpu_count() or 1))

    def add_poisson(self, total, mean):
        """Add a Poisson deviate of `mean` to each pixel of `total`, in place."""

        def fill(generator, band):
            total[band] += generator.poisson(mean[band])

        list(self._pool.map(fill, self._generators, self._bands))

    def add_normal(self, total, sigma):
        """Add a normal deviate of spread `sigma` to each pixel of `total`, in place."""

        def fill(generator, band):
            deviates = generator.standard_normal(total[band].shape, dtype=np.float32)
            deviates *= sigma[band]
            total[band] += deviates

        list(self._pool.map(fill, self._generators, self._bands))

    def close(self):
        self._pool.shutdown()


def read_out(readout, sights, events, effects, seed_sequence):
    """Simulate the raw groups of an exposure.

    Parameters
    ----------
    readout : Readout
    sights : list of (Pixels, ndarray)
        The pixels, and the electrons per second that light makes in each; integrations see them in turn.
    events : Events
    effects : Effects
    seed_sequence : numpy.random.SeedSequence

    Returns
    -------
    RawRamp
    """
    shape, raw_shape = readout.subarray.shape, readout.raw_shape
    groups = np.zeros((readout.nints, readout.ngroups, *raw_shape), np.uint16)
    zero = np.zeros((readout.nints, *raw_shape), np.uint16) if readout.has_zero_frame else None
    noise_seed, electronics_seed, output_seed, interference_seed = seed_sequence.spawn(4)
    noise = _Noise(shape, noise_seed)
    outputs = Irs2Electronics if readout.pattern.interleaved else Electronics
    electronics = outputs(readout, effects, np.random.default_rng(electronics_seed))
    settling = Settling(readout, effects)
    interference = Interference(readout, effects, np.random.default_rng(interference_seed))
    for integration in range(readout.nints):
        pixels, rate = sights[integration % len(sights)]
        mean = (np.where(pixels.reference, 0, rate) + pixels.dark_rate).astype(np.float32) * readout.frame_time
        charge = np.zeros(shape, np.float32)
        for group in range(readout.ngroups):
            total = np.zeros(raw_shape, np.float32)
            start = group * readout.frames_per_group
            offset = settling.offset(integration, group)
            for frame in range(start, start + readout.pattern.nframes):
                _accumulate(charge, mean, frame, 1, integration, readout, events, effects, noise)
                offsets = settling.dark(integration, frame), offset + interference.frame(integration, frame)
                counts = _read(charge, offsets, pixels, effects, noise, electronics)
                if zero is not None and frame == 0:
                    zero[integration] = counts
                total += counts
            groups[integration, group] = np.rint(total / readout.pattern.nframes)
            if group < readout.ngroups - 1 and readout.pattern.groupgap:
                first = start + readout.pattern.nframes
                gap = readout.pattern.groupgap
                _accumulate(charge, mean, first, gap, integration, readout, events, effects, noise)
    noise.close()
    return RawRamp(groups, zero, _reference_output(readout, np.random.default_rng(output_seed)))


def _reference_output(readout, rng):
    """Counts of the reference output: its bias and the noise of a read."""
    detector = readout.detector
    if not detector.reference_output:
        return None
    ny, nx = readout.subarray.shape
    shape = readout.nints, readout.ngroups, ny, nx // readout.subarray.noutputs
    noise = detector.read_noise / detector.gain / np.sqrt(readout.pattern.nframes)
    return np.rint(rng.normal(detector.bias, noise, shape)).astype(np.uint16)


def _accumulate(charge, mean, first, number, integration, readout, events, effects, noise):
    """Add the charge of `number` frames, light and dark and particles, in place."""
    arriving = mean if number == 1 else mean * np.float32(number)
    if effects.poisson:
        noise.add_poisson(charge, arriving)
    else:
        charge += arriving
    for frame in range(first, first + number):
        for rows, columns, electrons in events.deposits(integration, frame, readout):
            np.add.at(charge, (rows, columns), electrons)


def _read(charge, offsets, pixels, effects, noise, electronics):
    """One read of the detector, as the converter gives it, float32 image of whole numbers.

    The offsets, DN, are added to the linear signal, and to the counts.
    """
    linear = charge / pixels.gain
    linear += offsets[0]
    linear[pixels.reference | pixels.bad["dead"]] = 0
    limit = pixels.full_well if effects.saturation else LARGEST_SIGNAL * pixels.full_well
    np.minimum(linear, limit, out=linear)
    signal = pixels.counts(linear)
    if effects.ipc:
        signal = _couple(signal, effects.ipc_coupling, pixels.reference)
    signal += electronics.frame()
    signal += offsets[1]
    if effects.read_noise:
        noise.add_normal(signal, pixels.read_noise)
    np.rint(signal, out=signal)
    return electronics.stored(np.clip(signal, 0, CONVERTER_MAXIMUM, out=signal))


def _couple(signal, coupling, reference):
    """Exchange a fraction of the difference between neighbours; reference pixels keep their signal."""
    coupled = signal.copy()
    exchange = np.float32(coupling) * np.diff(signal, axis=0)
    coupled[:-1] += exchange
    coupled[1:] -= exchange
    exchange = np.float32(coupling) * np.diff(signal, axis=1)
    coupled[:, :-1] += exchange
    coupled[:, 1:] -= exchange
    coupled[reference] = signal[reference]
    return coupled
