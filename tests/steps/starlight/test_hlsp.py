"""The deprecated products: as those of jwst."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.steps.starlight.hlsp import HlspStep


def test_products_as_of_jwst(tmp_path):
    peer = pytest.importorskip("jwst.coron.hlsp", reason="the peer is not installed")
    rng = np.random.default_rng(4)
    model = datamodels.ImageModel(data=rng.normal(size=(40, 47)).astype(np.float32))
    model.err = rng.uniform(0.5, 1, (40, 47)).astype(np.float32)
    model.data[3, 4] = np.nan
    model.meta.filename = "star_psfsub.fits"
    with pytest.warns(DeprecationWarning, match="hlsp"):
        HlspStep.call(model.copy(), annuli_width=3, output_dir=str(tmp_path), disable_crds_steppars=True)
    np.testing.assert_array_equal(fits.getdata(tmp_path / "star_snr.fits"), peer.snr_image(model).data)
    ours, theirs = fits.getdata(tmp_path / "star_contrast.fits", 1), peer.contrast_curve(model, 3).contrast_table
    np.testing.assert_array_equal(ours["RADIUS"], theirs["radius"])
    np.testing.assert_allclose(ours["SIGMA"], theirs["sigma"], rtol=1e-6)
    assert fits.getheader(tmp_path / "star_snr.fits")["DATAMODL"] == "ImageModel"


@pytest.mark.filterwarnings("ignore:jwst 3.0.0 calls the step hlsp deprecated")
def test_a_cube_is_refused():
    with pytest.raises(GpucalError, match="HlspStep takes ImageModel"):
        HlspStep.call(datamodels.CubeModel(data=np.zeros((2, 8, 8), np.float32)), disable_crds_steppars=True)
