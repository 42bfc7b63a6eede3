"""Small exposures, steps that can be held or made to fail, and batches in processes of their own."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from stdatamodels.jwst import datamodels

from gpucal.scheduling.journal import NAME

# Steps that do what a file beside the working directory's exposures tells them to.
STEPS = '''
import os
import signal
import time
from pathlib import Path

from gpucal.core import Step


class AddStep(Step):
    """Add a constant to all groups. ``<exposure>.hold`` makes it wait, ``<exposure>.die`` kills its process."""

    class_alias = "add"
    spec = """
        amount = float(default=1.0)  # what is added
    """

    def process(self, exposure, references):
        name = Path(exposure.source).stem
        if Path(f"{name}.die").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        if Path(f"{name}.hold").exists():
            Path(f"{name}.held").write_text(str(os.getpid()))
            while Path(f"{name}.hold").exists():
                time.sleep(0.02)
        exposure.data += self.amount
        return exposure
'''

GPUCAL = [sys.executable, "-m", "gpucal"]
PATIENCE = 30


@pytest.fixture(scope="session")
def exposures(tmp_path_factory):
    """Four small ramps, x0_uncal.fits to x3_uncal.fits."""
    directory = tmp_path_factory.mktemp("exposures")
    for number in range(4):
        model = datamodels.RampModel((1, 2, 4, 4))
        model.meta.instrument.name = "NIRCAM"
        model.meta.instrument.detector = "NRCA1"
        model.meta.exposure.type = "NRC_IMAGE"
        model.meta.observation.date = "2022-06-01"
        model.meta.observation.time = "00:00:00"
        model.data = model.data + number
        model.save(directory / f"x{number}_uncal.fits")
    return directory


@dataclass
class Work:
    """A working directory with exposures in it, and what runs there."""

    directory: Path

    @property
    def out(self) -> Path:
        return self.directory / "out"

    def start(self, *words, **settings) -> subprocess.Popen:
        """Start ``gpucal batch add.cfg 'x*_uncal.fits'`` in a process of its own."""
        command = [*GPUCAL, "batch", "add.cfg", "x*_uncal.fits", "--output-dir=out", *words]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.directory, process_group=0, **streams, **settings)

    def hold(self, name: str) -> None:
        """Let the step wait at this exposure."""
        (self.directory / f"{name}_uncal.hold").touch()

    def release(self, name: str) -> None:
        """Let it go on."""
        (self.directory / f"{name}_uncal.hold").unlink()

    def process_at(self, name: str) -> int:
        """Wait until the step is at this exposure; the number of its process."""
        held = self.directory / f"{name}_uncal.held"
        wait_until(lambda: held.exists() and held.read_text())
        return int(held.read_text())

    def die_at(self, name: str) -> None:
        """Let whatever process calibrates this exposure be killed."""
        (self.directory / f"{name}_uncal.die").touch()

    def journal(self) -> list[dict]:
        """The lines of the journal."""
        path = self.out / NAME
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def statuses(self) -> dict[str, str]:
        """The last status of each exposure in the journal."""
        return {Path(line["input"]).name.partition("_")[0]: line["status"] for line in self.journal()}

    def products(self) -> list[str]:
        """All that lies in the output directory but for the journal."""
        return sorted(path.name for path in self.out.iterdir() if path.name != NAME)


def wait_until(condition) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def work(tmp_path, monkeypatch, exposures):
    """A `Work` in the working directory of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.setenv("GPUCAL_BACKEND", "cpu")
    for path in exposures.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "own_batch_steps.py").write_text(STEPS)
    (tmp_path / "add.cfg").write_text("name = add\nclass = own_batch_steps.AddStep\n")
    return Work(tmp_path)
