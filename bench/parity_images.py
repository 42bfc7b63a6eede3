"""How stages 2 and 3 of images agree with the peer: every product of both pipelines, on simulated observations.

``python -m bench.parity_images`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal
made.
"""

import tempfile
from pathlib import Path

from bench.parity_pipelines import Agreements, both, compare_cases
from bench.standards import Standard
from gpucal.simulate import ImagingOptions, Observation, PointingErrors, observe

OPTIONS = ImagingOptions(errors=PointingErrors(relative=0.1))

CASES = {
    "NRCALONG FULL x 4": ("dither", {"detectors": ("NRCALONG",)}),
    "NRCB1 and NRCB2 SUB320 x 4": ("dither", {"detectors": ("NRCB1", "NRCB2"), "subarray": "SUB320"}),
    "NIS SUB256 x 4": ("dither", {"detectors": ("NIS",), "subarray": "SUB256"}),
    "GUIDER1 SUB128CNTR x 4": ("dither", {"detectors": ("GUIDER1",), "subarray": "SUB128CNTR"}),
    "MIRIMAGE FULL x 4 and backgrounds": ("background", {"detectors": ("MIRIMAGE",)}),
    "NRCALONG SUB320 x 4, moving": ("moving", {"detectors": ("NRCALONG",), "subarray": "SUB320"}),
}


def measure_case(case: str, standard: Standard) -> Agreements:
    """The agreement of each product of one observation."""
    plan, about = CASES[case]
    with tempfile.TemporaryDirectory() as place:
        observed: Observation = observe(place, plan, rates=True, options=OPTIONS, **about)
        with observed.crds():
            yield from both("calwebb_image2", observed.level2, Path(place), standard)
            for product in (Path(place) / "calwebb_image2_ours").iterdir():
                product.rename(Path(place) / product.name)
            yield from both("calwebb_image3", observed.level3[0], Path(place), standard)


if __name__ == "__main__":
    compare_cases(__doc__, "parity-images", tuple(CASES), measure_case)
