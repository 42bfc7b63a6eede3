"""What is refused of the references of MIRI's medium resolution spectrometer."""

import numpy as np
import pytest

from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.images.fringe import FringeStep
from gpucal.steps.parts.calibration.mrs_photometry import throughput_change
from tests.mrs_exposures import photometry, rates


class Told:
    """A reference with one table."""

    label = "photom.fits"

    def __init__(self, *rows):
        names = ("binwave", "alpha", "year1value", "tsoft", "t0")
        self.rows = np.array(list(rows), [(name, "f4") for name in names])

    def table(self, name):
        return self.rows if name == "timecoeff_powerlaw_ch2" else None


def test_throughput_is_a_power_law_from_the_shortest_wavelength_and_never_more_than_before():
    told = Told((9.0, -0.1, 1.2, 10.0, 60000.0), (8.0, -0.1, 0.9, 10.0, 60000.0))
    change = throughput_change(told, 2, 60365.0)
    np.testing.assert_array_equal(change.wavelengths, [8, 9])
    np.testing.assert_allclose(change.values, [0.9, 1.0], rtol=1e-6)
    later = throughput_change(told, 2, 60000 + 740)
    np.testing.assert_allclose(later.values, [0.9 * 2**-0.1, 1.0], rtol=1e-6)


@pytest.mark.parametrize("rows", [[(8, 1, 1, 1, 1)], [(8, 1, 1, 1, 1)] * 2])
def test_a_table_needs_two_wavelengths(rows):
    with pytest.raises(
        ReferenceFileError, match=r"photom.fits: timecoeff_powerlaw_ch2 needs two wavelengths, and each"
    ):
        throughput_change(Told(*rows), 2, 60365.0)


def test_the_day_has_to_be_known():
    with pytest.raises(
        ReferenceFileError, match="depends on time, and the exposure lacks the keyword EXPMID"
    ):
        throughput_change(Told(), 2, None)


def test_another_shape_is_refused(tmp_path):
    from stdatamodels.jwst import datamodels

    datamodels.FringeModel((512, 1032)).save(tmp_path / "fringe.fits")
    with pytest.raises(
        ReferenceFileError, match=r"fringe\.fits: its data should have the shape \(1024, 1032\) of mrs1_"
    ):
        FringeStep.call(rates(), override_fringe=str(tmp_path / "fringe.fits"))


def test_tables_are_read_by_channel(tmp_path):
    reference = Reference("photom", photometry(tmp_path / "photom.fits"))
    assert throughput_change(reference, 3, 60400.0).wavelengths[0] == pytest.approx(14.7)
