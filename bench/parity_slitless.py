"""How grism spectra without slits agree with the peer: every product of both pipelines, on simulated observations.

``python -m bench.parity_slitless`` writes the table into docs/parity.md. Stage 3 of both gets what stage 2 of gpucal
made; the peer saves what it makes of fields in the working directory, and is given one of its own.
"""

import tempfile
from contextlib import chdir
from pathlib import Path

from bench.agreement import compare_folders
from bench.parity_pipelines import Agreements, both, compare_cases, stage2_of_spectra
from bench.standards import Standard
from gpucal.core.config.registry import find_class
from gpucal.simulate import observe_grism_field, observe_grism_series
from gpucal.simulate.spectra.slitless.grism_plans import field_plan

CONTAMINATION = {
    "wfss_contam": {"skip": False, "save_simulated_image": True, "save_contam_images": True},
}
FIELDS = {
    "NIRISS GR150R x 2": (field_plan(("GR150R",), dithers=2), {}),
    "NIRISS GR150C, contamination": (field_plan(("GR150C",), dithers=1), CONTAMINATION),
    "NIRCam F356W GRISMR x 2": (field_plan(("GRISMR",), dithers=2), {}),
}
SERIES = "NIRCam series"


def measure_case(case: str, standard: Standard) -> Agreements:
    """The agreement of each product of one observation."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if case == SERIES:
            observed = observe_grism_series(place)
            with observed.crds():
                yield from stage2_of_spectra(observed.level2, place, standard)
                yield from both("calwebb_tso3", observed.level3, place, standard)
            return
        plan, steps = FIELDS[case]
        observed = observe_grism_field(place, plan)
        with observed.crds():
            yield from stage2_of_spectra(observed.level2, place, standard, steps=steps)
            for association in observed.level3:
                yield from stage3_of_field(association, place, standard)


def stage3_of_field(association: Path, place: Path, standard: Standard) -> Agreements:
    """The agreement of the products of stage 3 of a field."""
    folders = place / "stage3_ours", place / "stage3_theirs"
    runs = find_class("calwebb_spec3").call, lambda *given, **named: standard.call("calwebb_spec3", *given, **named)
    for folder, run in zip(folders, runs, strict=True):
        folder.mkdir()
        with chdir(folder):
            run(str(association.absolute()), save_results=True)
    for name, agreement in compare_folders(*folders).items():
        yield f"calwebb_spec3, {Path(name).stem.rpartition('_')[2]}", agreement


if __name__ == "__main__":
    compare_cases(__doc__, "parity-slitless", (*FIELDS, SERIES), measure_case)
