"""The imprint of an exposure is chosen and subtracted as jwst does."""

import json
import re

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.data import InputError
from gpucal.steps.images.imprint import ImprintStep

SHAPE = (12, 16)


def rates(seed, observation="001", position=1, of_background=False, shape=SHAPE):
    rng = np.random.default_rng(seed)
    model = datamodels.ImageModel(data=rng.normal(5, 1, shape).astype(np.float32))
    model.err = rng.uniform(0.1, 3, shape).astype(np.float32)
    model.dq = rng.choice([0, 0, 4, 1], shape).astype(np.uint32)
    model.data[3, 3] = np.nan
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.exposure.type = "NIRSPEC", "NRS1", "NRS_MSASPEC"
    meta.observation.observation_number, meta.dither.position_number = observation, position
    meta.observation.bkgdtarg = of_background
    return model


def associated(folder, imprints):
    rates(1).save(folder / "star_rate.fits")
    members = [{"expname": "star_rate.fits", "exptype": "science"}]
    for number, imprint in enumerate(imprints):
        imprint.save(folder / f"imprint{number}_rate.fits")
        members.append({"expname": f"imprint{number}_rate.fits", "exptype": "imprint"})
    products = [{"name": "star", "members": members}]
    table = {"asn_type": "spec2", "asn_id": "a1", "asn_pool": "none", "products": products}
    (folder / "asn.json").write_text(json.dumps(table))
    return folder / "asn.json", [str(folder / member["expname"]) for member in members[1:]]


CASES = {
    "the only one": [rates(2, "007", 3)],
    "the one of its position": [rates(2, position=2), rates(3), rates(4)],
    "the only one that is of no background": [rates(2, position=2, of_background=True), rates(3, position=4)],
    "the one of its position that is of no background": [rates(2, of_background=True), rates(3), rates(4, position=2)],
    "none": [rates(2, position=2), rates(3, "002")],
}


@pytest.mark.usefixtures("offline", "without_parameter_references")
@pytest.mark.parametrize("case", CASES)
def test_it_is_chosen_among_several(case, tmp_path):
    from jwst.imprint import ImprintStep as Theirs

    table, imprints = associated(tmp_path, CASES[case])
    theirs = Theirs().run(str(tmp_path / "star_rate.fits"), imprints)
    ours = ImprintStep.call(table)
    compare(ours, theirs).apart_from(re.compile("ASN(TABLE|POOL)|meta.asn.*")).assert_agrees()
    assert theirs.meta.cal_step.imprint == ("SKIPPED" if case == "none" else "COMPLETE")


@pytest.mark.usefixtures("offline", "without_parameter_references")
def test_another_shape_is_refused(tmp_path):
    table, _ = associated(tmp_path, [rates(2, shape=(6, 16))])
    with pytest.raises(InputError, match=r"imprint0_rate.fits: has shape \(6, 16\)"):
        ImprintStep.call(table)
