"""Flight exposures of AB Dor and its reference star: phases that close, and a companion.

Where the companion is found, and how bright, is held to what the search found before, and to no independent
measurement: the test sees to it that orientation and calibration of real data stay as they are.
"""

import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.starlight.interferometry_references import provide_interferometry_references
from gpucal.steps import AmiAnalyzeStep, AmiNormalizeStep
from gpucal.steps.parts.interferometry.companion_search import Grid, data_of, search
from tests.interferometry_cases import AB_DOR, REFERENCE_STAR


@pytest.fixture(scope="module")
def fringes(tmp_path_factory):
    paths = provide_interferometry_references(CrdsCache(tmp_path_factory.mktemp("cache")), "F480M")
    given = {f"override_{kind}": str(path) for kind, path in paths.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
        return [AmiAnalyzeStep.call(path, **given).mean for path in (AB_DOR, REFERENCE_STAR)]


def test_phases_of_the_reference_star_close(fringes):
    closures = fringes[1].t3["T3PHI"]
    assert abs(np.mean(closures)) < 0.2
    assert np.std(closures) < 0.6
    assert np.std(fringes[1].vis["VISPHI"]) > 10  # the mirror


def test_the_companion_is_found_where_it_was(fringes):
    normalized = AmiNormalizeStep.call(*fringes)
    _, best = search(data_of(Exposure(normalized), "phases"), Grid.of((100, 500, 20), 90, (1e-3, 0.3, 20)))
    assert abs(best.separation - 326) < 8
    assert abs(best.angle - 281) < 1.5
    assert abs(best.contrast - 0.016) < 0.003
