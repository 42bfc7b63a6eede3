"""The clean_flicker_noise step agrees with the peer, in its result and in the products that it saves beside it."""

import numpy as np
import pytest
from jwst.clean_flicker_noise import clean_flicker_noise as peers_algorithm
from jwst.pipeline import Detector1Pipeline as PeerDetector1
from stdatamodels.jwst import datamodels

from bench.agreement import compare, compare_folders
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.steps.images.clean_flicker_noise import CleanFlickerNoiseStep

IMAGE = {"detector": "NRCB1", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 3, "nints": 2}
SLIT = {"detector": "NRS2", "subarray": "SUB32", "ngroups": 3, "nints": 2, "exp_type": "NRS_FIXEDSLIT"}
LONG_SLIT = {**SLIT, "detector": "NRS1", "subarray": "SUB512", "ngroups": 2, "nints": 1}
SAVED = {"save_mask": True, "save_background": True, "save_noise": True}

SOSS = {"detector": "NIS", "subarray": "SUBSTRIP256", "ngroups": 3, "effects": Effects(stars_per_pixel=2e-4)}
TRACES = {
    "the whole subarray": (SOSS, {"save_mask": True}),
    "the short subarray": ({**SOSS, "subarray": "SUBSTRIP96", "nints": 2}, {"single_mask": False, "save_mask": True}),
}

ON_IMAGES = {
    "defaults": SAVED,
    "histogram, by integration": {**SAVED, "single_mask": False, "fit_histogram": True, "n_sigma": 1.5},
    "no background, no clipping": {"background_method": None, "n_sigma": 0.0, "fit_by_channel": True},
    "model": {"background_method": "model", "save_background": True},
    "uneven boxes": {"background_method": "model", "background_box_size": [13, 21]},
    "median image": {**SAVED, "background_method": "median_image"},
    "not in Fourier space": {"fit_method": "fft"},
}
IN_FOURIER_SPACE = {
    "no background": (SLIT, {"background_method": None, "single_mask": False}),
    "model": (SLIT, {"background_method": "model"}),
    "median image": (SLIT, {"background_method": "median_image"}),
    "long": (LONG_SLIT, {}),
}


@pytest.fixture
def ramp(exposure_with_cache):
    """The ramp that the step is given in the pipeline."""

    def make(**settings):
        simulation = exposure_with_cache(**settings)
        return Detector1Pipeline.call(simulation.exposure, steps={"ramp_fit": {"skip": True}})

    return make


@pytest.fixture
def both(peer_step, tmp_path, monkeypatch):
    """Run both steps on an exposure; compare results and saved products, and return the peer's result.

    The peer's sky coordinates, of which no pixel takes notice where no science regions are masked, have no references
    here and are left out.
    """
    monkeypatch.setattr(peers_algorithm, "post_process_rate", lambda model, **_: model)

    def run(model, **parameters):
        folders = [tmp_path / "ours", tmp_path / "theirs"]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        ours = CleanFlickerNoiseStep.call(model, output_dir=str(folders[0]), **parameters)
        theirs = peer_step("clean_flicker_noise", model, skip=False, output_dir=str(folders[1]), **parameters)
        compare(ours, theirs).assert_agrees()
        products = compare_folders(*folders)
        assert len(products) == sum(parameters.get(name, False) for name in SAVED)
        for agreement in products.values():
            agreement.assert_agrees()
        return theirs

    return run


@pytest.mark.parametrize("parameters", ON_IMAGES.values(), ids=ON_IMAGES)
def test_images(ramp, both, parameters):
    model = ramp(**IMAGE)
    theirs = both(model, **parameters)
    fft = parameters.get("fit_method") == "fft"
    assert theirs.meta.cal_step.clean_flicker_noise == ("FAILED" if fft else "COMPLETE")
    assert (theirs.data != model.data).any() != fft


@pytest.mark.parametrize(("settings", "parameters"), IN_FOURIER_SPACE.values(), ids=IN_FOURIER_SPACE)
def test_slits_in_fourier_space(ramp, both, settings, parameters):
    model = ramp(**settings)
    theirs = both(model, fit_method="fft", **parameters)
    assert (theirs.data != model.data).any()


@pytest.mark.parametrize(("detector", "subarray"), [("NIS", "SUB80"), ("GUIDER1", "SUB32CNTR")])
def test_stripes_along_either_axis(ramp, both, detector, subarray):
    both(ramp(detector=detector, subarray=subarray, ngroups=3, effects=Effects(stars_per_pixel=2e-3)))


@pytest.fixture
def flat(tmp_path):
    """A flat field with missing pixels."""
    rng = np.random.default_rng(8)
    model = datamodels.FlatModel(data=rng.normal(1, 0.05, (64, 64)).astype(np.float32))
    model.data[rng.random(model.data.shape) < 0.01] = np.nan
    model.data[rng.random(model.data.shape) < 0.01] = 0
    model.meta.instrument.name, model.meta.instrument.detector = "NIRCAM", "NRCB1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1851, 1817, 64, 64
    model.save(tmp_path / "flat.fits")
    return str(tmp_path / "flat.fits")


@pytest.mark.parametrize("method", ["median", "median_image"])
def test_flat(ramp, both, flat, method):
    both(ramp(**IMAGE), override_flat=flat, apply_flat_field=True, background_method=method, save_mask=True)


@pytest.mark.parametrize("with_flat", [True, False])
def test_automatic_parameters(ramp, both, flat, with_flat):
    both(ramp(**IMAGE), override_flat=flat if with_flat else "N/A", autoparam=True, save_background=True)


@pytest.mark.parametrize(
    ("product", "parameters"),
    [
        ("rate", {}),
        ("rate", {"background_method": "median_image"}),
        ("rateints", {}),
        ("rateints", {"background_method": "median_image", "save_noise": True}),
    ],
)
def test_rates(exposure_with_cache, both, tmp_path, product, parameters):
    exposure = exposure_with_cache(**IMAGE).exposure
    Detector1Pipeline.call(exposure, save_results=True, output_dir=str(tmp_path))
    with datamodels.open(next(tmp_path.glob(f"*_{product}.fits"))) as model:
        failed = product == "rate" and "background_method" in parameters
        theirs = both(model, **parameters)
        assert theirs.meta.cal_step.clean_flicker_noise == ("FAILED" if failed else "COMPLETE")


@pytest.mark.parametrize(("model_type", "shape"), [("ImageModel", (64, 64)), ("CubeModel", (2, 64, 64))])
def test_a_mask_of_the_users(ramp, both, tmp_path, model_type, shape):
    mask = getattr(datamodels, model_type)(
        data=np.random.default_rng(9).random(shape).round().astype(np.float32)
    )
    mask.save(tmp_path / "mask.fits")
    both(ramp(**IMAGE), user_mask=str(tmp_path / "mask.fits"), save_mask=True)


@pytest.mark.parametrize("shape", [(64, 60), (3, 64, 64)])
def test_a_mask_that_does_not_fit(ramp, both, tmp_path, shape):
    mask = datamodels.ImageModel(shape) if len(shape) == 2 else datamodels.CubeModel(shape)
    mask.save(tmp_path / "mask.fits")
    theirs = both(ramp(**IMAGE), user_mask=str(tmp_path / "mask.fits"))
    assert theirs.meta.cal_step.clean_flicker_noise == "FAILED"


def test_in_the_pipeline(exposure_with_cache, tmp_path):
    exposure = str(exposure_with_cache(**IMAGE).exposure)
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder, pipeline in zip(folders, (Detector1Pipeline, PeerDetector1), strict=True):
        folder.mkdir()
        steps = {"clean_flicker_noise": {"skip": False, "save_mask": True}}
        pipeline.call(exposure, save_results=True, output_dir=str(folder), steps=steps)
    products = compare_folders(*folders)
    assert {name.rpartition("_")[2] for name in products} == {"mask.fits", "rate.fits", "rateints.fits"}
    for agreement in products.values():
        agreement.assert_agrees()


@pytest.mark.parametrize(("settings", "parameters"), TRACES.values(), ids=TRACES)
def test_traces_of_soss(ramp, both, settings, parameters):
    both(ramp(**settings), mask_science_regions=True, **parameters)


@pytest.fixture
def imager_rate(tmp_path, without_parameter_references):
    """A rate of the MIRI imager, and a cache with a flat that is missing or not to be used in places."""
    rng = np.random.default_rng(10)
    flat = datamodels.FlatModel(data=rng.normal(1, 0.02, (48, 64)).astype(np.float32))
    flat.data[:10], flat.data[20, 30:40] = np.nan, 0
    flat.err = np.full((48, 64), 0.01, np.float32)
    flat.dq = np.zeros((48, 64), np.uint32)
    flat.dq[30:33], flat.dq[40:42] = 1, 2
    flat.dq_def = [(0, 1, "DO_NOT_USE", ""), (1, 2, "NO_FLAT_FIELD", "")]
    rate = datamodels.ImageModel(data=rng.normal(3, 0.2, (48, 64)).astype(np.float32))
    rate.dq = np.zeros((48, 64), np.uint32)
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(rate, name, np.full((48, 64), 0.2, np.float32))
    for model in (flat, rate):
        model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
        subarray = model.meta.subarray
        subarray.name, subarray.xstart, subarray.ystart = "MASK1065", 1, 19
        subarray.xsize, subarray.ysize, subarray.slowaxis = 64, 48, 2
    rate.data[:10] += 3
    rate.meta.exposure.type, rate.meta.filename = "MIR_IMAGE", "made_rate.fits"
    rate.meta.observation.date, rate.meta.observation.time = "2023-06-01", "00:00:00"
    cache = CrdsCache(tmp_path / "cache")
    path = cache.reference_path("jwst_miri_flat_made.fits")
    path.parent.mkdir(parents=True)
    flat.save(path)
    cache.serve("MIRI", {"flat": (("MIRIMAGE", "MASK1065", "MIR_IMAGE", "ANY"), path.name)})
    with crds_environment(cache.environment()):
        yield rate


def test_outside_of_the_imager(imager_rate, peer_step, tmp_path):
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder in folders:
        folder.mkdir()
    parameters = {"mask_science_regions": True, "save_mask": True}
    ours = CleanFlickerNoiseStep.call(imager_rate, output_dir=str(folders[0]), **parameters)
    theirs = peer_step(
        "clean_flicker_noise", imager_rate, skip=False, output_dir=str(folders[1]), **parameters
    )
    compare(ours, theirs).assert_agrees()
    (product,) = compare_folders(*folders).values()
    product.assert_agrees()
    with datamodels.open(folders[1] / "made_mask.fits") as mask:
        assert not mask.data[:10].any() and not mask.data[30:33].any() and mask.data[12:18].mean() > 0.9
