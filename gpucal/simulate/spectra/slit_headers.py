"""What the headers of exposures through slits say."""

from types import SimpleNamespace

from astropy.time import Time, TimeDelta

from gpucal.simulate.distortion import distortion_model, orientation_of
from gpucal.simulate.metadata import PROGRAM, START, observation_keywords, readout_keywords, science_keywords
from gpucal.simulate.pointing import Attitude
from gpucal.simulate.projection import ABERRATION
from gpucal.simulate.readout import Readout
from gpucal.simulate.spectra.lrs_dispersion import reference_place
from gpucal.simulate.spectra.msa_metadata import CONFIGURATION
from gpucal.simulate.spectra.nirspec_settings import APERTURES, FIXED_SLITS, GRATING_TILTS
from gpucal.simulate.spectra.slit_plans import SlitPlan
from gpucal.wcs.telescope import Pointing, to_telescope

OVERHEAD = 60.0  # seconds between exposures
VELOCITY = -4000.0  # VELOSYS, m/s
WHEEL_TEMPERATURE = 37.2  # GWA_TILT, K


class SlitHeader:
    """An exposure of a plan, as its header describes it.

    Parameters
    ----------
    plan : SlitPlan
    readout : Readout
    number : int
        Of the exposure, from 1.
    metadata_file : str, optional
        Name of the MSA metadata file.
    """

    def __init__(self, plan: SlitPlan, readout: Readout, number: int, metadata_file: str | None = None):
        self._plan, self._readout, self._metadata_file = plan, readout, metadata_file
        self.number, self.offset = number, plan.offsets[number - 1]
        self.duration = readout.nints * readout.integration_time
        self.start = START + TimeDelta((number - 1) * (self.duration + OVERHEAD), format="sec")
        self.v2, self.v3, self.angle, self.parity = self._reference_point()
        wcsinfo = {"v2_ref": self.v2, "v3_ref": self.v3, "v3yangle": self.angle, "vparity": self.parity}
        self.target_place = to_telescope(*self.offset, SimpleNamespace(**wcsinfo))
        target = Pointing(*self.target_place, plan.ra, plan.dec, plan.roll)
        self.pointing = Attitude(target).pointing_at(self.v2, self.v3)

    @property
    def middle(self) -> Time:
        """The middle of the exposure."""
        return self.start + TimeDelta(0.5 * self.duration, format="sec")

    def file_name(self, suffix: str) -> str:
        """Name of a product, such as ``..._rate.fits``."""
        segment = "-seg001" if self._plan.series else ""
        detector = self._plan.detector.lower()
        return f"jw{PROGRAM}001001_02101_{self.number:05d}{segment}_{detector}_{suffix}.fits"

    def primary_keywords(self) -> dict:
        """Keywords of the primary header."""
        plan, readout = self._plan, self._readout
        keywords = observation_keywords(readout, plan.filter, plan.exp_type, self.number)
        name = f"{PROGRAM}001001"
        stop = self.start + TimeDelta(self.duration, format="sec")
        count = len(plan.offsets)
        keywords |= readout_keywords(readout) | {
            "OBSERVTN": "001",
            "VISIT_ID": name,
            "OBS_ID": f"V{name}P0000000002101",
            "EXPOSURE": f"{self.number:05d}",
            "TITLE": "Simulated spectra",
            "TARGNAME": "SIMULATED SOURCE",
            "DATE-OBS": self.start.isot[:10],
            "TIME-OBS": self.start.isot[11:],
            "DATE-BEG": self.start.isot,
            "DATE-END": stop.isot,
            "EXPSTART": self.start.mjd,
            "EXPMID": self.middle.mjd,
            "EXPEND": stop.mjd,
            "TMEASURE": self.duration,
            "TARG_RA": plan.ra,
            "TARG_DEC": plan.dec,
            "TSOVISIT": plan.series,
            "PATTTYPE": plan.pattern,
            "PATT_NUM": self.number,
            "NUMDTHPT": count,
            "NEXPOSUR": count,
            "XOFFSET": self.offset[0],
            "YOFFSET": self.offset[1],
            "INTSTART": 1,
            "INTEND": readout.nints,
            "BKGDTARG": False,
            **self._nirspec_keywords(),
        }
        return {key: value for key, value in keywords.items() if value is not None}

    def _nirspec_keywords(self):
        plan = self._plan
        if not plan.grating:
            return {}
        tilts = GRATING_TILTS[plan.grating]
        keywords = {
            "GRATING": plan.grating,
            "LAMP": "NONE",
            "OPMODE": "NONE",
            "GWA_XTIL": tilts[0],
            "GWA_YTIL": tilts[1],
            "GWA_TILT": WHEEL_TEMPERATURE,
        }
        keywords["FXD_SLIT"] = plan.aperture if plan.aperture in FIXED_SLITS else "NONE"
        if self._metadata_file:
            keywords |= {
                "MSAMETFL": self._metadata_file,
                "MSAMETID": CONFIGURATION,
                "MSACONID": CONFIGURATION,
            }
        return keywords

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension: times and coordinates."""
        boresight = Attitude(self.pointing).pointing_at(0, 0)
        return {
            **science_keywords(self._readout, self.start.mjd),
            "RADESYS": "ICRS",
            "WCSAXES": 3,
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CTYPE3": "WAVE",
            "CRVAL1": self.pointing.ra_ref,
            "CRVAL2": self.pointing.dec_ref,
            "RA_V1": boresight.ra_ref,
            "DEC_V1": boresight.dec_ref,
            "PA_V3": boresight.roll_ref,
            **{name.upper(): value for name, value in self.pointing._asdict().items()},
            "V3I_YANG": self.angle,
            "VPARITY": self.parity,
            "VA_SCALE": ABERRATION,
            "VELOSYS": VELOCITY,
        }

    def _reference_point(self):
        """V2, V3, V3I_YANG and VPARITY of the aperture."""
        plan = self._plan
        if plan.grating:
            return *APERTURES[plan.aperture], -1
        v2, v3 = distortion_model(plan.detector)(*reference_place(plan.exp_type))
        return float(v2), float(v3), *orientation_of(plan.detector)
