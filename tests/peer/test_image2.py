"""Stage 2 of images agrees with the peer, in every extension and keyword of every product."""

import pytest
from jwst.pipeline import Image2Pipeline as PeerImage2
from stdatamodels.jwst import datamodels

from bench.agreement import compare_folders
from bench.keywords import SIP_KEYWORDS
from gpucal.pipelines import Image2Pipeline
from gpucal.simulate import Plan, observe
from tests.peer.test_resample import assert_agree

OBSERVATIONS = {
    "nircam": {"detectors": ("NRCALONG",), "subarray": "SUB160"},
    "miri": {"detectors": ("MIRIMAGE",), "subarray": "SUB128"},
    "niriss": {"detectors": ("NIS",), "subarray": "SUB128"},
    "fgs": {"detectors": ("GUIDER1",), "subarray": "SUB128CNTR"},
}


@pytest.fixture
def both(tmp_path, monkeypatch, without_parameter_references):
    """Run both pipelines on an exposure or association and compare the folders of their products."""
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")

    def run(observation, source, **parameters):
        with observation.crds():
            for folder, pipeline in {"ours": Image2Pipeline, "theirs": PeerImage2}.items():
                (tmp_path / folder).mkdir()
                monkeypatch.chdir(observation.level2.parent)  # where jwst looks for members
                pipeline.call(str(source), output_dir=str(tmp_path / folder), save_results=True, **parameters)
        return tmp_path / "ours", tmp_path / "theirs"

    return run


def agree(folders, *names):
    products = compare_folders(*folders)
    assert sorted(products) == sorted(names)
    for name, agreement in products.items():
        if name.endswith("i2d.fits"):
            assert_agree(*(folder / name for folder in folders))  # with the tolerances of resampling
        else:
            agreement.apart_from(SIP_KEYWORDS).assert_agrees()


@pytest.mark.parametrize("instrument", OBSERVATIONS)
def test_an_image(instrument, tmp_path, both):
    observed = observe(tmp_path / "observed", Plan.named("dither"), rates=True, **OBSERVATIONS[instrument])
    first = observed.exposures[0]
    agree(both(observed, first.path), first.product("cal").name, first.product("i2d").name)


def test_backgrounds(tmp_path, both):
    observed = observe(tmp_path / "observed", "background", rates=True, **OBSERVATIONS["miri"])
    names = [one.product(suffix).name for one in observed.science for suffix in ("bsub", "cal", "i2d")]
    agree(both(observed, observed.level2, steps={"bkg_subtract": {"save_results": True}}), *names)


def test_integrations(tmp_path, both):
    observed = observe(tmp_path / "observed", rates=True, **OBSERVATIONS["nircam"])
    first = observed.exposures[0]
    with datamodels.open(first.path) as rate:
        rates = datamodels.CubeModel()
        rates.update(rate)
        for name in ("data", "err", "dq", "var_poisson", "var_rnoise"):
            plane = getattr(rate, name)
            setattr(rates, name, plane[None].repeat(3, axis=0))
        rates.meta.exposure.nints = rates.meta.exposure.integration_end = 3
        rates.meta.exposure.type = "NRC_TSIMAGE"
        rates.save(first.product("rateints"))
    steps = {"photom": {"override_photom": str(first.references["photom"])}}  # CRDS has it for images alone
    agree(both(observed, first.product("rateints"), steps=steps), first.product("calints").name)
