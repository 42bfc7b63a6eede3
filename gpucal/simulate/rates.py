"""Rates without ramps: what a good calibration of an exposure gives, drawn with the noise that it would have."""

from dataclasses import dataclass

import numpy as np
from astropy.io import fits

from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.exposure import metadata_tree


@dataclass(frozen=True)
class Rates:
    """Rates of an exposure.

    Attributes
    ----------
    data, err, var_poisson, var_rnoise : ndarray (ny, nx), float32
        DN/s; NaN in pixels that are not to be used. Variances are those of the true rates.
    dq : ndarray (ny, nx), uint32
    """

    data: np.ndarray
    err: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray
    dq: np.ndarray


def draw_rates(readout, pixels, electrons, hits, is_missed, effects, rng) -> Rates:
    """Draw the rates of an exposure.

    Parameters
    ----------
    readout : Readout
    pixels : Pixels
    electrons : ndarray (ny, nx)
        Electrons per second that light makes.
    hits : ndarray of HIT_TYPE
        Cosmic rays.
    is_missed : ndarray of bool
        Which of them the jump step has missed: these are in the rates, the others are flagged.
    effects : Effects
        Whether there is `poisson` and `read_noise`; errors and variances are those that they would have.
    rng : numpy.random.Generator

    Raises
    ------
    SimulationError
        There is but one group.
    """
    number = readout.ngroups
    if number < 2:
        raise SimulationError("rates are fitted to two groups at least")
    exposed = readout.nints * (number - 1) * readout.group_time
    charge = electrons + pixels.dark_rate
    var_poisson = charge / exposed / pixels.gain**2
    of_slope = 12 / (number * (number**2 - 1) * readout.group_time**2 * readout.pattern.nframes * readout.nints)
    var_rnoise = of_slope * pixels.read_noise.astype(np.float64) ** 2
    data = electrons / pixels.gain
    if effects.poisson:
        data = (rng.poisson(charge * exposed) / exposed - pixels.dark_rate) / pixels.gain
    if effects.read_noise:
        data = data + np.sqrt(var_rnoise) * rng.standard_normal(charge.shape)
    dq = _flags(readout, pixels, electrons)
    missed, found = hits[is_missed], hits[~is_missed]
    gained = missed["electrons"] / (readout.nints * readout.integration_time)
    np.add.at(data, (missed["y"], missed["x"]), gained / pixels.gain[missed["y"], missed["x"]])
    dq[found["y"], found["x"]] |= JUMP_DET
    planes = [data, np.sqrt(var_poisson + var_rnoise), var_poisson, var_rnoise]
    for plane in planes:
        plane[dq & DO_NOT_USE != 0] = np.nan
    return Rates(*(plane.astype(np.float32) for plane in planes), dq)


def _flags(readout, pixels, electrons):
    linear = electrons / pixels.gain
    dq = np.zeros(electrons.shape, np.uint32)
    dq[pixels.hot] |= HOT
    dq[pixels.bad["dead"]] |= DO_NOT_USE | DEAD
    dq[pixels.reference] |= DO_NOT_USE | REFERENCE_PIXEL
    dq[linear * readout.integration_time > pixels.full_well] |= SATURATED
    dq[linear * 2 * readout.group_time > pixels.full_well] |= DO_NOT_USE
    return dq


def write_rates(path, rates: Rates, primary: dict, science: dict, times=None, model=None) -> None:
    """Write rates as a level-2a file.

    Parameters
    ----------
    path : pathlib.Path
    rates : Rates
    primary, science : dict
        Keywords of the primary header and of the SCI extension.
    times : ndarray, optional
        Of rates of each integration, (nints, ny, nx): see `gpucal.simulate.exposure.integration_times`.
    model : str, optional
        DATAMODL, if it is not the usual one of images or of those of integrations.
    """
    model = model or ("ImageModel" if times is None else "CubeModel")
    own = {"FILENAME": path.name, "DATAMODL": model, "S_RAMP": "COMPLETE"}
    unit = {"BUNIT": "DN/s"}
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(header=fits.Header(primary | own)),
            fits.ImageHDU(rates.data, fits.Header(science | unit), name="SCI"),
            fits.ImageHDU(rates.err, fits.Header(unit), name="ERR"),
            fits.ImageHDU(rates.dq, name="DQ"),
            fits.ImageHDU(rates.var_poisson, name="VAR_POISSON"),
            fits.ImageHDU(rates.var_rnoise, name="VAR_RNOISE"),
            *([] if times is None else [fits.BinTableHDU(times, name="INT_TIMES")]),
            metadata_tree(),
        ]
    )
    hdus.writeto(path, overwrite=True)
