"""Keywords of a simulated exposure, by their FITS names."""

import zlib

from astropy.time import Time, TimeDelta

from gpucal.core.config.nearest import suggestion
from gpucal.data.files.keywords import keywords_of
from gpucal.kernels.readout.irs2_layout import INTERLEAVED, NORMAL
from gpucal.simulate.errors import SimulationError
from gpucal.startup.lazy import datamodels

START = Time("2023-06-01T00:00:00.000", scale="utc")
PROGRAM = "01000"

SOSS_SUBARRAYS = (
    "SUBSTRIP96",
    "SUBSTRIP256",
    "SUB17STRIPE_SOSS",
    "SUB60STRIPE_SOSS",
    "SUB204STRIPE_SOSS",
    "SUB680STRIPE_SOSS",
)
DHS_SUBARRAYS = ("SUB41STRIPE1_DHS", "SUB82STRIPE2_DHS", "SUB164STRIPE4_DHS")

# Optical elements and exposure types in which a detector, or an instrument, is simulated unless told otherwise.
OPTICS = {
    **dict.fromkeys(SOSS_SUBARRAYS, {"PUPIL": "GR700XD", "PWCPOS": 245.81}),
    **dict.fromkeys(DHS_SUBARRAYS, {"PUPIL": "GDHS0"}),
    "MIRIFUSHORT": {"CHANNEL": "12", "BAND": "SHORT"},
    "MIRIFULONG": {"CHANNEL": "34", "BAND": "SHORT"},
    "MIRI": {},
    "NIRCAM": {"PUPIL": "CLEAR"},
    "NIRISS": {"PUPIL": "CLEARP"},
    "NIRSPEC": {"GRATING": "PRISM"},
    "FGS": {},
}
FILTERS = {
    **dict.fromkeys(SOSS_SUBARRAYS, "CLEAR"),
    **dict.fromkeys(DHS_SUBARRAYS, "F150W2"),
    "SLITLESSPRISM": "P750L",
    "MASK1065": "F1065C",
    "MASK1140": "F1140C",
    "MASK1550": "F1550C",
    "MASKLYOT": "F2300C",
    "NRCALONG": "F444W",
    "NRCBLONG": "F444W",
    "MIRIFUSHORT": None,
    "MIRIFULONG": None,
    "MIRI": "F770W",
    "NIRCAM": "F200W",
    "NIRISS": "F200W",
    "NIRSPEC": "CLEAR",
    "FGS": None,
}
EXPOSURE_TYPES = {
    **dict.fromkeys(SOSS_SUBARRAYS, {"": "NIS_SOSS"}),
    **dict.fromkeys(DHS_SUBARRAYS, {"": "NRC_TSGRISM"}),
    "MIRIFUSHORT": {"FULL": "MIR_MRS"},
    "MIRIFULONG": {"FULL": "MIR_MRS"},
    "MIRI": {
        "SLITLESSPRISM": "MIR_LRS-SLITLESS",
        "MASKLYOT": "MIR_LYOT",
        "MASK": "MIR_4QPM",
        "": "MIR_IMAGE",
    },
    "NIRCAM": {"FULL": "NRC_IMAGE", "SUBGRISM": "NRC_TSGRISM", "SUB320A": "NRC_CORON", "SUB": "NRC_IMAGE"},
    "NIRISS": {
        "FULL": "NIS_IMAGE",
        "SUBTAAMI": "NIS_TACQ",
        "SUB80": "NIS_AMI",
        "SUB": "NIS_IMAGE",
        "WFSS": "NIS_WFSS",
    },
    "NIRSPEC": {
        "FULL": "NRS_MSASPEC",
        "ALLSLITS": "NRS_FIXEDSLIT",
        "SUBS": "NRS_FIXEDSLIT",
        "SUB32": "NRS_TACQ",
        "SUB": "NRS_BRIGHTOBJ",
    },
    "FGS": {"FULL": "FGS_IMAGE", "SUB": "FGS_IMAGE"},
}

# How the exposure types of an instrument begin.
PREFIXES = {"FGS": "FGS_", "MIRI": "MIR_", "NIRCAM": "NRC_", "NIRISS": "NIS_", "NIRSPEC": "NRS_"}

TIME_SERIES_TYPES = {"NRC_TSIMAGE", "NRC_TSGRISM", "NIS_SOSS", "NRS_BRIGHTOBJ", "MIR_LRS-SLITLESS"}


INTERLEAVED_KEYWORDS = {"NRS_NORM": NORMAL, "NRS_REF": INTERLEAVED}


def _usual(table, readout):
    """The entry of a table for a subarray or, where it has none, for a detector, or for an instrument."""
    keys = (readout.subarray.name, readout.detector.name, readout.detector.instrument)
    return table[next(key for key in keys if key in table)]


def exposure_type(readout):
    """EXP_TYPE that goes with a detector and a subarray."""
    table = _usual(EXPOSURE_TYPES, readout)
    return next(kind for prefix, kind in table.items() if readout.subarray.name.startswith(prefix))


def default_filter(readout):
    """FILTER that goes with a detector and a subarray, or None."""
    return _usual(FILTERS, readout)


def valid_keywords(readout, given):
    """Values that a user gives for keywords, held against those that an exposure may have.

    Parameters
    ----------
    readout : Readout
    given : dict of str to (str or None)
        Values of FILTER or EXP_TYPE; case does not matter.

    Returns
    -------
    dict of str to str
        Without those that are None.

    Raises
    ------
    SimulationError
        A value that no exposure has, or an exposure type of another instrument.
    """
    schemas = {keyword.name: keyword.schema for keyword in keywords_of(datamodels.Level1bModel())}
    instrument = readout.detector.instrument
    begins = {"EXP_TYPE": PREFIXES[instrument]}
    given = {name: value.upper() for name, value in given.items() if value is not None}
    for name, value in given.items():
        valid = [one for one in schemas[name]["enum"] if one.startswith(begins.get(name, ""))]
        if value not in valid:
            raise SimulationError(f"{name} {value!r} is none of {instrument}{suggestion(value, valid)}")
    return given


def file_name(readout, filter_name, seed):
    """Name of the level-1b file; configurations tell themselves apart by the observation number."""
    setting = (readout.subarray.name, readout.pattern.name, readout.ngroups, readout.nints, filter_name)
    observation = zlib.crc32(repr(setting).encode()) % 999 + 1
    visit = f"{PROGRAM}{observation:03d}001"
    return f"jw{visit}_02101_{seed % 100000:05d}_{readout.detector.name.lower()}_uncal.fits"


def window_keywords(detector, subarray):
    """Keywords that place an array on its detector; references have them too."""
    return {
        "SUBARRAY": subarray.name,
        "SUBSTRT1": subarray.xstart,
        "SUBSTRT2": subarray.ystart,
        "SUBSIZE1": subarray.xsize,
        "SUBSIZE2": subarray.ysize,
        "FASTAXIS": detector.fast_axis,
        "SLOWAXIS": detector.slow_axis,
    }


def readout_keywords(readout):
    """Primary keywords that say how the exposure was read.

    Parameters
    ----------
    readout : Readout

    Returns
    -------
    dict
    """
    pattern = readout.pattern
    duration = readout.nints * readout.integration_time
    return {
        "TELESCOP": "JWST",
        "DATAMODL": "Level1bModel",
        "INSTRUME": readout.detector.instrument,
        "DETECTOR": readout.detector.name,
        "SCA_NUM": readout.detector.sensor,
        "READPATT": pattern.name,
        "NSAMPLES": pattern.nsamples,
        "NOUTPUTS": readout.subarray.noutputs + pattern.interleaved,
        **(INTERLEAVED_KEYWORDS if pattern.interleaved else {}),
        "NINTS": readout.nints,
        "NGROUPS": readout.ngroups,
        "NFRAMES": pattern.nframes,
        "FRMDIVSR": pattern.nframes,
        "GROUPGAP": pattern.groupgap,
        "TFRAME": readout.frame_time,
        "TGROUP": readout.group_time,
        "EFFINTTM": readout.integration_time,
        "EFFEXPTM": duration,
        "DURATION": duration,
        "ZEROFRAM": readout.has_zero_frame,
        **window_keywords(readout.detector, readout.subarray),
        **(readout.subarray.stripes.keywords() if readout.subarray.stripes else {}),
    }


def observation_keywords(readout, filter_name, exp_type, seed):
    """Primary keywords that say what was observed and when; a template has its own instead.

    Parameters
    ----------
    readout : Readout
    filter_name : str or None
    exp_type : str
    seed : int

    Returns
    -------
    dict
    """
    detector = readout.detector
    name = file_name(readout, filter_name, seed)
    stop = START + TimeDelta(readout.nints * readout.integration_time, format="sec")
    keywords = {
        "ORIGIN": "gpucal simulation",
        "TIMESYS": "UTC",
        "TITLE": "Simulated exposure",
        "DATE-OBS": START.isot[:10],
        "TIME-OBS": START.isot[11:],
        "DATE-BEG": START.isot,
        "DATE-END": stop.isot,
        "EXPSTART": START.mjd,
        "EXPMID": (START + 0.5 * (stop - START)).mjd,
        "EXPEND": stop.mjd,
        "PROGRAM": PROGRAM,
        "OBSERVTN": name[7:10],
        "VISIT": "001",
        "VISIT_ID": name[2:13],
        "OBS_ID": f"V{name[2:13]}P0000000002101",
        "VISITGRP": "02",
        "SEQ_ID": "1",
        "ACT_ID": "01",
        "EXPOSURE": str(seed % 100000),
        "TARGNAME": "SIMULATED FIELD",
        "TARGTYPE": "FIXED",
        "TARG_RA": 80.5,
        "TARG_DEC": -69.5,
        "TSOVISIT": exp_type in TIME_SERIES_TYPES,
        "FILTER": filter_name,
        **_usual(OPTICS, readout),
        "EXP_TYPE": exp_type,
        "TSAMPLE": 10.0,
        "DRPFRMS1": 0,
        "DRPFRMS3": 0,
        "NRSTSTRT": 1,
        "NRESETS": 1,
        "DATAPROB": False,
        "APERNAME": f"{detector.name}_{readout.subarray.name}",
    }
    if detector.instrument == "NIRCAM":
        keywords["MODULE"] = detector.name[3]
        keywords["CHANNEL"] = "LONG" if detector.name.endswith("LONG") else "SHORT"
    return {key: value for key, value in keywords.items() if value is not None}


def science_keywords(readout, start):
    """Keywords of the SCI extension.

    Parameters
    ----------
    readout : Readout
    start : float
        MJD of the start of the exposure.

    Returns
    -------
    dict
    """
    duration = readout.nints * readout.integration_time
    keywords = {"BUNIT": "DN", "XPOSURE": duration, "TELAPSE": duration}
    for name, tdb_name, fraction in (("BEG", "BEG", 0), ("AVG", "MID", 0.5), ("END", "END", 1)):
        moment = Time(start, format="mjd", scale="utc") + TimeDelta(fraction * duration, format="sec")
        keywords |= {f"MJD-{name}": moment.mjd, f"TDB-{tdb_name}": moment.tdb.mjd}
    return keywords
