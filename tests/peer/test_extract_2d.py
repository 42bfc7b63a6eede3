"""Slits are cut out as jwst cuts them: pixels, wavelengths, coordinates, and all that is told of each."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.spectra.extract_2d import Extract2dStep


def slits_of(model):
    return model.slits if isinstance(model, datamodels.MultiSlitModel) else [model]


@pytest.mark.parametrize("plan", ["fixedslit", "mos", "bots"])
def test_slits_agree(plan, slit_chain):
    chain = slit_chain(plan)
    before, after = chain.before("extract_2d"), chain.after("extract_2d")
    with chain.observation.crds():
        ours = Extract2dStep.call(before)
    compare(ours, after).assert_agrees()
    with datamodels.open(after) as theirs:
        for our, their in zip(slits_of(ours), slits_of(theirs), strict=True):
            assert our.meta.wcs.bounding_box == their.meta.wcs.bounding_box
            assert our.meta.wcs.available_frames == their.meta.wcs.available_frames
            y, x = np.mgrid[0 : our.data.shape[-2] : 2, 0 : our.data.shape[-1] : 9]
            places = [slit.meta.wcs(x, y) for slit in (our, their)]
            np.testing.assert_allclose(places[0], places[1], rtol=1e-12, equal_nan=True)


def test_some_of_the_slits_agree(slit_chain, peer_step):
    chain, asked = slit_chain("mos"), {"slit_names": ["2", "9"], "source_ids": ["11", "2"]}
    with chain.observation.crds():
        theirs = peer_step("extract_2d", str(chain.before("extract_2d")), **asked)
        compare(Extract2dStep.call(chain.before("extract_2d"), **asked), theirs).assert_agrees()
