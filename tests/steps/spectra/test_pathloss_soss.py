"""Light of SOSS that falls beside the subarray."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.steps import PathLossStep

POSITIONS = 245.5 + 0.1 * np.arange(6)


@pytest.fixture(autouse=True)
def told(caplog):
    caplog.set_level("INFO")


@pytest.fixture
def reference(tmp_path):
    """Shares that fall along columns, and rise with the position of the wheel."""
    columns = np.arange(30)
    shares = (1 - 0.01 * columns)[:, None] + 0.1 * (POSITIONS - POSITIONS[0])[None, :]
    model = datamodels.PathlossModel()
    wcs = {"crpix1": 1.0, "crval1": POSITIONS[0], "cdelt1": 0.1, "crpix2": 1.0, "crval2": 1.0, "cdelt2": 1.0}
    wcs |= {"crpix3": 1.0, "crval3": 0.0, "cdelt3": 1.0}
    model.apertures.append({"name": "SUBSTRIP256", "pointsource_data": shares[None].astype(np.float32)})
    for name, value in wcs.items():
        setattr(model.apertures[0].pointsource_wcs, name, value)
    model.save(tmp_path / "pathloss.fits")
    return str(tmp_path / "pathloss.fits")


def image(subarray="SUBSTRIP256", position=245.65, series=False):
    model = datamodels.ImageModel((4, 40))
    for name in ("data", "err", "var_poisson", "var_rnoise"):
        setattr(model, name, np.ones((4, 40), np.float32))
    model.dq = np.zeros((4, 40), np.uint32)
    model.meta.exposure.type, model.meta.subarray.name = "NIS_SOSS", subarray
    model.meta.instrument.name, model.meta.instrument.detector = "NIRISS", "NIS"
    model.meta.instrument.pupil_position, model.meta.visit.tsovisit = position, series
    model.meta.observation.date, model.meta.observation.time = "2023-06-01", "00:00:00.000"
    return model


def corrected(model, reference, **parameters):
    return PathLossStep.call(model, override_pathloss=reference, **parameters)


def test_each_column_is_divided_by_its_share(reference):
    result = corrected(image(), reference)
    shares = np.where(np.arange(40) < 30, 1 - 0.01 * np.arange(40) + 0.015, 1)
    np.testing.assert_allclose(result.pathloss_point, np.broadcast_to(shares, (4, 40)), rtol=1e-5)
    np.testing.assert_allclose(result.data, 1 / np.broadcast_to(shares, (4, 40)), rtol=1e-5)
    np.testing.assert_allclose(result.var_rnoise, result.data**2, rtol=1e-5)


def test_beyond_the_positions_of_the_reference_nothing_is_lost(reference, caplog):
    result = corrected(image(position=247.0), reference)
    assert result.meta.cal_step.pathloss == "COMPLETE"
    assert (result.data == 1).all()
    assert "does not have the position of the pupil wheel, 247 degrees" in caplog.text


@pytest.mark.parametrize(
    ("model", "parameters", "words"),
    [
        (image(series=True), {}, "time series of SOSS are not corrected"),
        (image(position=None), {}, "where the pupil wheel stood"),
        (image("SUBSTRIP96"), {}, "does not have the subarray SUBSTRIP96"),
        (image(), {"inverse": True}, "neither undone"),
        (image(), {"source_type": "POINT"}, "neither undone"),
    ],
)
def test_what_is_skipped(reference, caplog, model, parameters, words):
    result = corrected(model, reference, **parameters)
    assert result.meta.cal_step.pathloss == "SKIPPED"
    assert words in caplog.text
