"""Where the device has no room the CPU does the work, and where the host has none, one line says so.

A stand-in for the device runs out of memory when it is told to.
"""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from gpucal.backend import current_backend, use_backend
from gpucal.backend.memory import CapacityError, in_words, ran_out_of_memory
from gpucal.cli.main import main
from gpucal.core import OutOfMemory
from gpucal.data import Exposure, open_exposure
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import simulate
from gpucal.steps.ramps.ramp_fit import RampFitStep
from gpucal.steps.ramps.superbias import SuperBiasStep


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    directory = tmp_path_factory.mktemp("simulated")
    return simulate(directory, detector="NRCB1", subarray="SUB64P", ngroups=4, nints=2, seed=3)


@pytest.fixture
def stage_1(simulation, tmp_path):
    """Run stage 1 with all products saved; returns these."""

    def run(folder, source=simulation.exposure, **steps):
        with simulation.crds():
            Detector1Pipeline.call(
                source,
                output_dir=str(tmp_path / folder),
                save_results=True,
                save_calibrated_ramp=True,
                steps=steps,
            )
        assert not list((tmp_path / folder).glob(".gpucal-*"))
        return {path.name: path for path in (tmp_path / folder).glob("*.fits")}

    return run


def assert_same_pixels(products, expected):
    assert sorted(products) == sorted(expected)
    for name, path in products.items():
        with fits.open(path) as ours, fits.open(expected[name]) as theirs:
            for extension in ("SCI", "ERR", "DQ", "GROUPDQ", "PIXELDQ"):
                if extension in theirs:
                    np.testing.assert_array_equal(ours[extension].data, theirs[extension].data)


def failing(step_class, monkeypatch, error, times=1):
    """Let a step run out of memory after it has edited the exposure, but on the device alone."""
    process, left = step_class.process, [times]

    def process_or_fail(self, exposure, references):
        result = process(self, exposure, references)
        if current_backend().name == "cuda" and left[0]:
            left[0] -= 1
            exposure.data[:] = 0
            raise error
        return result

    monkeypatch.setattr(step_class, "process", process_or_fail)


class OutOfDeviceMemory(MemoryError):
    """As CuPy's error is."""


@pytest.mark.parametrize("step_class", [SuperBiasStep, RampFitStep])
def test_a_device_that_runs_out_of_memory(step_class, stage_1, monkeypatch, request, caplog):
    with use_backend("cpu"):
        expected = stage_1("cpu")
    request.getfixturevalue("strict_device")
    failing(step_class, monkeypatch, OutOfDeviceMemory("out of memory allocating 1 bytes"))
    assert_same_pixels(stage_1("device"), expected)
    warning = next(record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert "strict" in warning and "on the CPU" in warning and "ramp" in warning
    assert current_backend().name == "cuda"


def test_a_batch_goes_on_on_the_device(simulation, stage_1, monkeypatch, tmp_path, strict_device):
    other = tmp_path / "jw2_nrcb1_uncal.fits"
    other.write_bytes(simulation.exposure.read_bytes())
    failing(SuperBiasStep, monkeypatch, OutOfDeviceMemory())
    used = []
    process = RampFitStep.process
    monkeypatch.setattr(
        RampFitStep, "process", lambda *args: used.append(current_backend().name) or process(*args)
    )
    products = stage_1("batch", [simulation.exposure, other])
    assert used == ["cpu", "cuda"]
    assert len(products) == 6


def test_a_device_too_small_for_one_integration(stage_1, monkeypatch, request, caplog):
    with use_backend("cpu"):
        expected = stage_1("cpu")
    request.getfixturevalue("strict_device")
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", "1e6")
    assert_same_pixels(stage_1("device"), expected)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len([line for line in warnings if "one integration needs more than 1 MB" in line]) == 1


def test_an_open_model_is_started_from_anew(simulation, monkeypatch, strict_device):
    with simulation.crds():
        with use_backend("cpu"):
            expected = SuperBiasStep.call(simulation.exposure)
        model = open_exposure(simulation.exposure).to_model()
        failing(SuperBiasStep, monkeypatch, OutOfDeviceMemory())
        np.testing.assert_array_equal(SuperBiasStep.call(model).data, expected.data)


def test_an_exposure_whose_origin_nobody_knows_is_an_error(simulation, monkeypatch, strict_device):
    failing(SuperBiasStep, monkeypatch, OutOfDeviceMemory())
    exposure = Exposure(open_exposure(simulation.exposure).to_model())
    with simulation.crds(), pytest.raises(OutOfMemory, match="too small"):
        SuperBiasStep.call(exposure)


def test_a_host_that_runs_out_of_memory(simulation, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def process(_step, _exposure, _references):
        raise MemoryError

    monkeypatch.setattr(RampFitStep, "process", process)
    for name, value in simulation.environment().items():
        monkeypatch.setenv(name, value)
    with use_backend("cpu"):
        code = main(["strun", "calwebb_detector1", str(simulation.exposure), "--backend=cpu"])
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 1 and line.startswith("gpucal: ")
    for words in (simulation.exposure.name, "needs", "ramp 131 kB", "results 246 kB", "more memory"):
        assert words in line
    assert not list(tmp_path.glob("*"))


def test_a_file_that_is_too_large_to_read(simulation, monkeypatch):
    def no_memory(_source):
        raise MemoryError

    monkeypatch.setattr("gpucal.core.run.inputs.open_exposure", no_memory)
    with pytest.raises(OutOfMemory, match=r"uncal.fits: there is not enough memory to read it"):
        Detector1Pipeline().run(simulation.exposure)


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("cupy_backends.cuda.api.runtime", "cudaErrorMemoryAllocation: out of memory", True),
        ("cupy.cuda.cufft", "CUFFT_ALLOC_FAILED", True),
        ("numba.cuda.cudadrv.driver", "[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY", True),
        ("cupy_backends.cuda.api.runtime", "cudaErrorIllegalAddress: an illegal memory access", False),
        ("builtins", "out of memory", False),
    ],
)
def test_how_the_end_of_memory_shows(module, text, expected):
    error = type("SomeError", (RuntimeError,), {"__module__": module})(text)
    assert ran_out_of_memory(error) is expected
    assert ran_out_of_memory(np.exceptions.ComplexWarning()) is False
    assert ran_out_of_memory(MemoryError())


@pytest.mark.parametrize("given", ["lots", "0", "-5"])
def test_a_capacity_that_is_no_number_is_refused(given, monkeypatch):
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", given)
    with use_backend("cpu") as backend, pytest.raises(CapacityError, match="GPUCAL_DEVICE_BYTES"):
        backend.capacity()


def test_the_cpu_has_no_limit_and_a_device_the_room_that_is_free(monkeypatch, strict_device):
    monkeypatch.delenv("GPUCAL_DEVICE_BYTES", raising=False)
    assert strict_device.capacity() == 10**12
    pool = SimpleNamespace(free_bytes=lambda: 5, total_bytes=lambda: 7)
    monkeypatch.setattr(strict_device.xp, "get_default_memory_pool", lambda: pool)
    assert strict_device.capacity() == 10**12 + 5 and strict_device.peak_bytes() == 7
    with use_backend("cpu") as backend:
        assert backend.capacity() is None and backend.peak_bytes() is None
        monkeypatch.setenv("GPUCAL_DEVICE_BYTES", "8e9")
        assert backend.capacity() == 8_000_000_000


@pytest.mark.parametrize(
    ("nbytes", "words"), [(0, "0 kB"), (64_000, "64 kB"), (168e6, "168 MB"), (2.34e9, "2.3 GB")]
)
def test_bytes_in_words(nbytes, words):
    assert in_words(nbytes) == words
