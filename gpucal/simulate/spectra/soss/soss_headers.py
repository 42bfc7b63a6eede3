"""What the headers of SOSS exposures say."""

from dataclasses import replace
from types import SimpleNamespace

from astropy.time import Time, TimeDelta

from gpucal.simulate.distortion import distortion_model, orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION
from gpucal.simulate.readout import Readout
from gpucal.simulate.spectra.slit_headers import VELOCITY
from gpucal.simulate.spectra.soss.soss_plans import SossPlan
from gpucal.wcs.telescope import Pointing, to_telescope

TARGET_COLUMN, TARGET_ROW = 1024.0, 1844.0  # where the star would be without the grism


class SossHeader:
    """One segment of an exposure, as its header describes it.

    Parameters
    ----------
    plan : SossPlan
    readout : Readout
        Of the whole exposure.
    segment : int
        From 1.
    first, last : int
        Integrations of the segment, from 1.
    """

    def __init__(self, plan: SossPlan, readout: Readout, segment: int, first: int, last: int):
        self._plan, self._whole = plan, readout
        self.segment, self.first, self.last = segment, first, last
        self.readout = replace(readout, nints=last - first + 1)
        self.start = START + TimeDelta((first - 1) * readout.integration_time, format="sec")

    @property
    def middle(self) -> Time:
        """The middle of the exposure, of all segments."""
        return START + TimeDelta(0.5 * self._plan.nints * self._whole.integration_time, format="sec")

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rateints.fits``."""
        segment = f"-seg{self.segment:03d}" if self._plan.series else ""
        return f"jw{PROGRAM}001001_04101_00001{segment}_nis_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        plan, readout = self._plan, self._whole
        duration = readout.nints * readout.integration_time
        stop = START + TimeDelta(duration, format="sec")
        name = f"{PROGRAM}001001"
        keywords = observation_keywords(readout, plan.filter, plan.exp_type, 1) | readout_keywords(readout)
        keywords |= {
            "OBSERVTN": "001",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P0000000004101",
            "EXPOSURE": "00001",
            "TITLE": "Simulated spectra",
            "TARGNAME": "SIMULATED SOURCE",
            "DATE-OBS": START.isot[:10],
            "TIME-OBS": START.isot[11:],
            "DATE-BEG": START.isot,
            "DATE-END": stop.isot,
            "EXPSTART": START.mjd,
            "EXPMID": self.middle.mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": duration,
            "TARG_RA": plan.ra,
            "TARG_DEC": plan.dec,
            "TSOVISIT": plan.series,
            "INTSTART": self.first,
            "INTEND": self.last,
            "EXSEGNUM": self.segment,
            "EXSEGTOT": plan.segments,
            "PUPIL": "GR700XD",
            "PWCPOS": plan.position,
            "BKGDTARG": False,
        }
        return {key: value for key, value in keywords.items() if value is not None}

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        v2, v3 = (float(value) for value in distortion_model(self._plan.detector)(TARGET_COLUMN, TARGET_ROW))
        angle, parity = orientation_of(self._plan.detector)
        wcsinfo = SimpleNamespace(v2_ref=v2, v3_ref=v3, v3yangle=angle, vparity=parity)
        target = Pointing(*to_telescope(0.0, 0.0, wcsinfo), self._plan.ra, self._plan.dec, self._plan.roll)
        pointing = Attitude(target).pointing_at(v2, v3)
        boresight = Attitude(pointing).pointing_at(0, 0)
        return {
            **science_keywords(self._whole, START.mjd),
            "RADESYS": "ICRS",
            "WCSAXES": 3,
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CTYPE3": "WAVE",
            "CRVAL1": pointing.ra_ref,
            "CRVAL2": pointing.dec_ref,
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in pointing._asdict().items()},
            "V3I_YANG": angle,
            "VPARITY": parity,
            "VA_SCALE": ABERRATION,
            "VELOSYS": VELOCITY,
        }
