"""The spectral leak of MIRI's spectrometer: what channel 1B leaves in the spectrum of 3A after stage 3."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from bench.truth.cubes.cases import DITHERS, NGROUPS, NOISE
from bench.truth.imaging.products import PROGRAMS
from gpucal.associations import from_list
from gpucal.simulate import CubeObservation, MrsPlan, observe_mrs
from gpucal.simulate.imaging_associations import write_observed
from gpucal.simulate.spectra.ifu.spectral_leak import MIDDLE, WIDTH, leak

SETTINGS = (("MIRIFUSHORT", "MEDIUM"), ("MIRIFULONG", "SHORT"))
PRODUCT = "leak"
FAR = 5  # widths of the leak beside which there is none


@dataclass(frozen=True)
class LeakTruth:
    """The spectrum of 3A against the truth.

    Attributes
    ----------
    painted : float
        What leaks in, over the true flux, where it is strongest.
    within : float
        Median of measured / true within one width of there.
    beside : float
        The same far from there.
    """

    painted: float
    within: float
    beside: float


def make(directory: Path, cache: Path) -> list[CubeObservation]:
    """Simulate an exposure of 1B and 2B, and one of 3A and 4A, of the same source."""
    return [
        observe_mrs(
            directory / band.lower(),
            MrsPlan(detectors=(detector,), bands=(band,), dithers=DITHERS),
            effects=NOISE,
            ngroups=NGROUPS,
            cache=cache,
        )
        for detector, band in SETTINGS
    ]


def measure(observations: list[CubeObservation], program: str, directory: Path) -> LeakTruth:
    """Calibrate the exposures with a program, combine them, and measure the spectrum of 3A.

    Parameters
    ----------
    observations : list of CubeObservation
        As `make` returns them.
    program : str
        ``jwst`` or ``gpucal``.
    directory : Path
        Where products are written.
    """
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    module = importlib.import_module(PROGRAMS[program])
    told = {"save_results": True, "output_dir": str(directory), "configure_log": False}
    skipped = {name: {"skip": True} for name in ("cube_build", "extract_1d")}
    directory.mkdir(exist_ok=True)
    with observations[-1].crds():  # of the cache that serves both
        for one in observations:
            with chdir(one.level2_alone[0].parent):
                module.Spec2Pipeline.call(str(one.level2_alone[0]), steps=skipped, **told)
        calibrated = [directory / one.exposures[0].product("cal").name for one in observations]
        association = directory / f"{PRODUCT}_asn.json"
        write_observed(from_list(calibrated, PRODUCT).products, "spec3", "DMS_Level3_Base", association)
        with chdir(directory):
            module.Spec3Pipeline.call(str(association), steps={"cube_build": {"output_type": "band"}}, **told)
    return _measured(directory / f"{PRODUCT}_ch3-short_x1d.fits", observations[0].scene.point.spectrum)


def _measured(path, spectrum):
    table = fits.getdata(path, "EXTRACT1D")
    wavelengths = table["WAVELENGTH"]
    ratio = table["RF_FLUX"] / spectrum(wavelengths)
    away = np.abs(wavelengths - MIDDLE) / WIDTH
    plain = np.all([np.abs(wavelengths - line.wavelength) > 6 * line.sigma for line in spectrum.lines], axis=0)
    painted = leak(MIDDLE) * spectrum(MIDDLE / 2) / spectrum(MIDDLE)
    within, beside = (float(np.nanmedian(ratio[plain & chosen])) for chosen in (away < 1, away > FAR))
    return LeakTruth(float(painted), within, beside)
