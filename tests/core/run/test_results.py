"""How members are saved."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core.run.results import save_results
from gpucal.data import Members, open_exposure, write_model


class Saving:
    """A step that notes what it is to save, and whether its arrays are given away."""

    saves, is_pipeline, over_members = True, False, True

    def __init__(self):
        self.seen = []

    def output_path(self, exposure):
        return f"{exposure.source}_x.fits"

    def save(self, exposure, index, gives):
        assert index is None
        self.seen.append((gives, exposure.data))


@pytest.fixture
def model():
    return datamodels.ImageModel(np.full((4, 5), 2, np.float32))


def add_ten(exposure):
    exposure.data += 10


def test_pixels_of_files_are_given_to_who_writes_them(model, tmp_path):
    """They are read again, with all edits, and who writes them has others."""
    members, step = Members([open_exposure(write_model(model, tmp_path / "a_cal.fits"))]), Saving()
    members.edit(0, add_ten)
    save_results(step, members)
    ((gives, given),) = step.seen
    assert gives and (given == 12).all()
    given[:] = 0
    assert not members[0].arrays
    with members.lease(0) as exposure:
        assert (exposure.data == 12).all()


def test_pixels_of_open_models_are_not(model):
    members, step = Members([open_exposure(model)]), Saving()
    with members.lease(0) as exposure:
        pixels = exposure.data
    save_results(step, members)
    assert not step.seen[0][0] and members[0].data is pixels
