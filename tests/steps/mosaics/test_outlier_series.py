"""Outliers of time series: gaps in windows, segments, and medians at the light of an integration."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.steps import OutlierDetectionStep

NINTS, NY, NX = 24, 9, 11


def series(first=0, last=NINTS, change=None):
    """Integrations of a star, the same whatever part of them is asked for; a fresh model."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices((NY, NX))
    star = 3000 * np.exp(-((rows - 4) ** 2 + (columns - 5) ** 2) / 4) + 50
    data = star + np.sqrt(star) * rng.standard_normal((NINTS, NY, NX))
    err = np.broadcast_to(np.sqrt(star), data.shape)
    if change is not None:
        change(data)
    cut = slice(first, last)
    model = datamodels.CubeModel(data=data[cut].astype(np.float32), err=err[cut].astype(np.float32))
    model.dq = np.zeros(model.data.shape, np.uint32)
    meta = model.meta
    meta.exposure.type, meta.visit.tsovisit, meta.exposure.nints = "NRC_TSIMAGE", True, NINTS
    meta.exposure.integration_start, meta.exposure.integration_end = first + 1, last
    meta.instrument.name, meta.instrument.detector = "NIRCAM", "NRCALONG"
    meta.bunit_data = "MJy/sr"
    observation = meta.observation
    observation.program_number, observation.observation_number, observation.visit_number = "01000", "001", "001"
    observation.visit_group, observation.sequence_id, observation.activity_id = "02", "1", "01"
    observation.exposure_number, meta.filename = "00001", f"part{first:02d}_calints.fits"
    return model


def outliers(models, **parameters):
    results = OutlierDetectionStep(**parameters).run(models)
    return [result.dq & 16 != 0 for result in (results if isinstance(results, list) else [results])]


def hit(data):
    data[10, 2, 3] += 400
    data[14, 4, 5] = np.nan


def dimmed(data):
    data[16:] *= 0.8
    hit(data)


@pytest.mark.parametrize("as_peer", [False, True])
def test_a_gap_does_not_blind_its_window(monkeypatch, as_peer):
    monkeypatch.setenv("GPUCAL_AS_PEER", str(int(as_peer)))

    def change(data):
        hit(data)
        data[8, 2, 3] = np.nan

    (found,) = outliers(series(change=change), rolling_window_width=7)
    assert found[10, 2, 3] == (not as_peer)


def test_two_integrations_roll_and_in_jwst_are_all_as_the_last(monkeypatch):
    (found,) = outliers(series(change=hit), rolling_window_width=2)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    (peers,) = outliers(series(change=hit), rolling_window_width=2)
    assert found[10, 2, 3] and peers[10, 2, 3]
    assert (found != peers).any()


@pytest.mark.parametrize("width", [7, 6, 25, 1])
@pytest.mark.parametrize("cuts", [(0, 10, 24), (0, 3, 9, 11, 24)])
def test_segments_are_flagged_as_one_file_is(width, cuts):
    parts = [series(*pair, change=hit) for pair in zip(cuts[:-1], cuts[1:], strict=True)]
    (whole,) = outliers(series(change=hit), rolling_window_width=width)
    found = outliers(parts, rolling_window_width=width, across_segments=True)
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert whole[10, 2, 3]


def test_segments_in_another_order_or_of_other_exposures_keep_theirs():
    parts = [series(12, 24, hit), series(0, 12, hit)]
    (whole,) = outliers(series(change=hit), rolling_window_width=7)
    found = outliers(parts, rolling_window_width=7, across_segments=True)
    np.testing.assert_array_equal(np.concatenate(found[::-1]), whole)
    parts[0].meta.observation.exposure_number = "00002"
    alone = [outliers(part, rolling_window_width=7)[0] for part in (series(12, 24, hit), series(0, 12, hit))]
    for one, other in zip(outliers(parts, rolling_window_width=7, across_segments=True), alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_median_at_the_light_of_an_integration_spares_the_star():
    (plain,) = outliers(series(change=dimmed), rolling_window_width=25)
    (scaled,) = outliers(series(change=dimmed), rolling_window_width=25, scale_median=True)
    core = (slice(None), slice(3, 6), slice(4, 7))
    assert plain[core].sum() > 50
    assert scaled[core].sum() == 0
    assert scaled[10, 2, 3]
    (rolled,) = outliers(series(change=dimmed), rolling_window_width=7, scale_median=True)
    assert rolled[10, 2, 3] and rolled[core].sum() == 0
