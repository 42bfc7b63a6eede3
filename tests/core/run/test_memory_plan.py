"""What a run is told to need, from shapes alone."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core.run.memory_plan import MemoryPlan, bytes_to_hold
from gpucal.data import Exposure, Members


def image():
    model = datamodels.ImageModel(np.zeros((250, 1000), np.float32))
    model.err, model.dq = np.zeros((250, 1000), np.float32), np.zeros((250, 1000), np.uint32)
    return Exposure(model)


@pytest.mark.parametrize(("nbytes", "held"), [(None, "6 MB"), (4_000_000, "4 MB"), (0, "0 kB")])
def test_of_members_one_at_a_time(nbytes, held):
    members = Members([image() for _ in range(3)], nbytes=nbytes)
    plan = MemoryPlan.of(members[0], references=5_000_000).of_members(members)
    assert plan.total == 2_000_000 + 1_000_000 + 5_000_000 + plan.scratch
    assert "(image 2 MB, flags 1 MB, references 5 MB," in str(plan)
    assert str(plan).endswith(f"; 3 exposures, one at a time, up to {held} of the others are held")


def test_of_one_exposure():
    assert str(MemoryPlan.of(image())).endswith("results 0 kB)")


class Holding:
    in_memory = True


class NotHolding:
    in_memory = False


@pytest.mark.parametrize(
    ("step", "capacity", "expected"),
    [(NotHolding, None, 0), (NotHolding, 2**32, 0), (Holding, 2**32, 2**31), (Holding, 2**20, 2**19)],
)
def test_what_members_may_hold(step, capacity, expected):
    assert bytes_to_hold(step, capacity) == expected


def test_a_host_holds_no_more_than_some_members():
    """The system keeps their files, and what is held beside takes memory from it."""
    assert 0 < bytes_to_hold(Holding, None) <= 512 * 2**20
