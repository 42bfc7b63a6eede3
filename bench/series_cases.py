"""The series that ``calwebb_tso3`` is measured with."""

from dataclasses import dataclass
from pathlib import Path

from bench.cases import elsewhere
from bench.image_stages import ENVIRONMENT
from bench.processes import PROGRAMS, measure
from bench.spectral_stages import EFFECTS
from gpucal.simulate import SeriesPlan, SlitPlan, observe_series, observe_slits

INTEGRATIONS = 500
OF_SPECTRA = 200


@dataclass(frozen=True)
class SeriesCase:
    """A series to simulate.

    Attributes
    ----------
    plan : SeriesPlan or SlitPlan
    """

    plan: SeriesPlan | SlitPlan

    @property
    def is_images(self) -> bool:
        """Whether it is one of images."""
        return isinstance(self.plan, SeriesPlan)

    @property
    def stage2(self) -> str:
        """The pipeline of stage 2."""
        return "calwebb_image2" if self.is_images else "calwebb_spec2"

    def make(self, directory: Path):
        """Simulate the rates in a process of its own; with the gain, which jwst opens."""
        if self.is_images:
            return elsewhere(observe_series, directory, self.plan, EFFECTS, with_gain=True)
        return elsewhere(observe_slits, directory, self.plan, effects=EFFECTS)

    def association_of(self, observation) -> Path:
        """The association of stage 2."""
        return observation.level2 if self.is_images else observation.level2_alone[0]

    def calibrate(self, observation) -> None:
        """Run stage 2 of gpucal on the rates of all segments."""
        association = self.association_of(observation)
        command = [*PROGRAMS["gpucal"], self.stage2, str(association), f"--output_dir={association.parent}"]
        measure(command, observation.environment() | ENVIRONMENT, association.parent)


CASES = {
    f"NIRCam images, {INTEGRATIONS} integrations, 2 segments": SeriesCase(SeriesPlan(nints=INTEGRATIONS)),
    f"NIRSpec series, {OF_SPECTRA} integrations": SeriesCase(SlitPlan.named("bots", nints=OF_SPECTRA)),
    f"MIRI LRS slitless, {OF_SPECTRA} integrations": SeriesCase(SlitPlan.named("lrs-slitless", nints=OF_SPECTRA)),
}
