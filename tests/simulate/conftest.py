"""Simulations read back for the tests."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.simulate import simulate


@pytest.fixture
def simulated(tmp_path):
    """Function: simulate, and return the simulation with its raw groups as float64."""

    def run(effects, detector="NRCB1", subarray="SUB64P", **options):
        simulation = simulate(
            tmp_path, detector=detector, subarray=subarray, effects=effects, cache=tmp_path / "cache", **options
        )
        return simulation, fits.getdata(simulation.exposure, "SCI").astype(np.float64)

    return run


@pytest.fixture
def reference():
    """Function: one extension of a reference of a simulation, in native byte order."""

    def read(simulation, kind, extension="SCI"):
        array = fits.getdata(simulation.references[kind], extension)
        return array.astype(array.dtype.newbyteorder("="))

    return read
