"""Transforms that differ from region to region give what those of gwcs give, at points and for all slices at once."""

from io import BytesIO

import asdf
import gwcs
import numpy as np
import pytest
from astropy.modeling import bind_bounding_box, models
from gwcs.coordinate_frames import Frame2D
from gwcs.selector import LabelMapper, LabelMapperArray, LabelMapperDict, LabelMapperRange, RegionsSelector
from stdatamodels.jwst.transforms.models import MIRI_AB2Slice

from gpucal.wcs.documents import parse_document
from gpucal.wcs.inverses import NoInverseError, inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.lowering_labels import LabelsOfImageError
from gpucal.wcs.slices import NoSlicesError, slices_of
from gpucal.wcs.world import Wcs

X, Y = ("x", "y"), ("x", "y", "lam")
A, B, UNKNOWN = 103, 107, 109
LABELS = np.array([[0, A, A, 0, B, B], [A, A, A, 0, B, UNKNOWN], [A, A, 0, 0, B, B], [0, 0, 0, 0, 0, 0]])


def region(shift):
    """Two coordinates moved, and their product; and the way back."""
    made = models.Mapping([0, 1, 0, 1]) | models.Shift(shift) & models.Scale(2.0) & (
        models.Mapping([0, 1]) | models.Polynomial2D(2, c1_1=1.0, c0_0=shift)
    )
    made.inverse = models.Mapping([0, 1], n_inputs=3) | models.Shift(-shift) & models.Scale(0.5)
    return made


def selector():
    """Slices of an image, one of which has no transforms. The way back by the third coordinate, and then the second."""
    back = LabelMapperRange(
        Y,
        {
            (-2.0, 9.5): LabelMapper(Y, MIRI_AB2Slice(-2.0, 2.0, 1), inputs_mapping=models.Mapping((1,), n_inputs=3)),
            (9.5, 40.0): models.Mapping((2,)) | models.Const1D(B),
        },
        models.Mapping((2,), n_inputs=3),
    )
    mapper = LabelMapperArray(LABELS)
    mapper.inverse = back
    made = RegionsSelector(X, Y, {A: region(1.0), B: region(10.0)}, label_mapper=mapper)
    bind_bounding_box(made, ((0.5, 5.5), (-0.5, 3.5)), order="F")
    return made


@pytest.fixture
def both():
    """The same WCS as an object of gwcs, and as ours."""
    frames = [Frame2D(name=name) for name in ("detector", "slit", "end")]
    ends = {1: (0.0, 12.0), 2: (12.0, 14.5)}
    by_range = {interval: models.Mapping((2,)) | models.Const1D(number) for number, interval in ends.items()}
    scales = {number: models.Scale(sign * 3.0) & models.Identity(2) for number, sign in ((1, 1), (2, -1))}
    chosen = RegionsSelector(Y, Y, scales, LabelMapperRange(Y, by_range, models.Mapping((2,))))
    theirs = gwcs.WCS([(frames[0], selector()), (frames[1], chosen), (frames[2], None)])
    content = BytesIO()
    asdf.AsdfFile({"wcs": theirs}).write_to(content)
    return theirs, Wcs.of_node(parse_document(content.getvalue())["wcs"])


def test_all_slices_at_once_as_gwcs_has_them(both, backend):
    theirs, wcs = both
    y, x = np.indices(LABELS.shape, float)
    slices = slices_of(wcs)
    assert slices.numbers == (A, B)
    np.testing.assert_array_equal(backend.asnumpy(slices.labels), np.where(LABELS == UNKNOWN, 0, LABELS))
    first, second = (theirs.pipeline[number].transform for number in (0, 1))
    there = first(x, y, with_bounding_box=True)
    beside = first(x + 0.25, y - 0.4, with_bounding_box=True)
    np.testing.assert_array_equal(backend.asnumpy(slices.on_pixels("detector", "slit")), there)
    np.testing.assert_array_equal(backend.asnumpy(slices.on_pixels()), second(*there))
    np.testing.assert_array_equal(backend.asnumpy(slices.at_offsets(0.25, -0.4)), second(*beside))
    assert np.isfinite(there[0]).sum() > np.isfinite(second(*there)[0]).sum() > 5


def test_some_pixels_of_some_slices(both, backend):
    """In the order in which they are asked for; all pixels of a slice, and NaN at those of others."""
    slices = slices_of(both[1])
    programs = slices.packed({B: slices.program(B)})
    whole, pixels = backend.asnumpy(slices.world), np.array([17, 4, 16, 10])
    found = slices.evaluate_at(programs, backend.asarray(pixels))
    np.testing.assert_array_equal(backend.asnumpy(found), whole.reshape(3, -1)[:, pixels])
    np.testing.assert_array_equal(backend.asnumpy(slices.pixels_of(B)), np.flatnonzero(LABELS == B))
    np.testing.assert_array_equal(backend.asnumpy(slices.evaluate(programs)), np.where(LABELS == B, whole, np.nan))
    with pytest.raises(ValueError, match="slices of which no program is given"):
        slices.evaluate_at(programs, backend.asarray(np.array([4, 1])))
    with pytest.raises(NoSlicesError, match="no pixel of the exposure is in a slice"):
        slices.packed({})


def test_the_program_of_a_slice_holds_beyond_its_pixels(both):
    slices = slices_of(both[1])
    np.testing.assert_array_equal(slices.program(B, end="slit").at(1.0, 2.0), [11.0, 4.0, 12.0])


def test_the_way_back_is_that_of_gwcs(both):
    theirs, wcs = both
    points = np.array([[4.0, 4.0, 14.0, 14.0, 3.0], [2.0, 2.9, 6.0, 6.0, 1.0], [7.0, 2.0, 22.0, 9.5, np.nan]])
    expected = theirs.pipeline[0].transform.inverse(*points)
    np.testing.assert_array_equal(program_of(inverse_of(wcs.transforms[0])).at(*points), expected)
    assert np.isfinite(expected[0]).sum() == 3


def test_labels_by_numbers_are_those_of_gwcs(noded):
    keys = LabelMapperDict(
        Y,
        {0.5: models.Mapping((0,), n_inputs=3) | models.Const1D(4), -2.0: models.Mapping((0,), n_inputs=3)},
        inputs_mapping=models.Mapping((1,), n_inputs=3),
        atol=1e-3,
    )
    points = np.array([[6.0, 7.0, 8.0, 9.0], [0.5009, 0.502, -2.0, np.nan], [0.0] * 4])
    np.testing.assert_array_equal(program_of(noded(keys)).at(*points), [keys(*points)])


def test_what_an_image_tells_has_no_program_for_all(both):
    with pytest.raises(LabelsOfImageError, match="an image tells"):
        both[1].program()


def test_a_wcs_without_slices_is_told(both):
    _, wcs = both
    with pytest.raises(NoSlicesError, match="no image of slices"):
        slices_of(Wcs(wcs.frames[1:], wcs.transforms[1:]))


def test_regions_without_a_way_back_are_told(both):
    with pytest.raises(NoInverseError, match="by what comes out"):
        inverse_of(both[1].transforms[1])
