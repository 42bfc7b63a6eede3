"""Keywords of a simulated exposure."""

import zlib

from astropy.time import Time, TimeDelta

START = Time("2023-06-01T00:00:00.000", scale="utc")
PROGRAM = "01000"

# Optical elements and exposure types in which an instrument is simulated unless told otherwise.
OPTICS = {
    "NIRCAM": {"pupil": "CLEAR"},
    "NIRISS": {"pupil": "CLEARP"},
    "NIRSPEC": {"grating": "PRISM"},
    "FGS": {},
}
FILTERS = {"NIRCAM": "F200W", "NIRISS": "F200W", "NIRSPEC": "CLEAR", "FGS": None}
LONG_WAVE_FILTER = "F444W"
EXPOSURE_TYPES = {
    "NIRCAM": {"FULL": "NRC_IMAGE", "SUBGRISM": "NRC_TSGRISM", "SUB": "NRC_IMAGE"},
    "NIRISS": {
        "FULL": "NIS_IMAGE", "SUBSTRIP": "NIS_SOSS", "SUBTAAMI": "NIS_TACQ", "SUB80": "NIS_AMI",
        "SUB": "NIS_IMAGE", "WFSS": "NIS_WFSS",
    },
    "NIRSPEC": {
        "FULL": "NRS_MSASPEC", "ALLSLITS": "NRS_FIXEDSLIT", "SUBS": "NRS_FIXEDSLIT",
        "SUB32": "NRS_TACQ", "SUB": "NRS_BRIGHTOBJ",
    },
    "FGS": {"FULL": "FGS_IMAGE", "SUB": "FGS_IMAGE"},
}
TIME_SERIES_TYPES = {"NRC_TSIMAGE", "NRC_TSGRISM", "NIS_SOSS", "NRS_BRIGHTOBJ"}


def exposure_type(readout):
    """EXP_TYPE that goes with a detector and a subarray."""
    table = EXPOSURE_TYPES[readout.detector.instrument]
    return next(kind for prefix, kind in table.items() if readout.subarray.name.startswith(prefix))


def default_filter(detector):
    """FILTER that goes with a detector, or None."""
    if detector.name.endswith("LONG"):
        return LONG_WAVE_FILTER
    return FILTERS[detector.instrument]


def file_name(readout, filter_name, seed):
    """Name of the level-1b file; configurations tell themselves apart by the observation number."""
    setting = (readout.subarray.name, readout.pattern.name, readout.ngroups, readout.nints, filter_name)
    observation = zlib.crc32(repr(setting).encode()) % 999 + 1
    visit = f"{PROGRAM}{observation:03d}001"
    return f"jw{visit}_02101_{seed % 100000:05d}_{readout.detector.name.lower()}_uncal.fits"


def readout_keywords(readout):
    """Metadata that say how the exposure was read.

    Parameters
    ----------
    readout : Readout

    Returns
    -------
    dict
        Dotted name in the metadata tree -> value.
    """
    detector, subarray, pattern = readout.detector, readout.subarray, readout.pattern
    duration = readout.nints * readout.integration_time
    return {
        "meta.telescope": "JWST",
        "meta.instrument.name": detector.instrument,
        "meta.instrument.detector": detector.name,
        "meta.subarray.name": subarray.name,
        "meta.subarray.xstart": subarray.xstart,
        "meta.subarray.ystart": subarray.ystart,
        "meta.subarray.xsize": subarray.xsize,
        "meta.subarray.ysize": subarray.ysize,
        "meta.subarray.fastaxis": detector.fast_axis,
        "meta.subarray.slowaxis": detector.slow_axis,
        "meta.exposure.readpatt": pattern.name,
        "meta.exposure.nints": readout.nints,
        "meta.exposure.ngroups": readout.ngroups,
        "meta.exposure.nframes": pattern.nframes,
        "meta.exposure.groupgap": pattern.groupgap,
        "meta.exposure.frame_divisor": pattern.nframes,
        "meta.exposure.frame_time": readout.frame_time,
        "meta.exposure.group_time": readout.group_time,
        "meta.exposure.integration_time": readout.integration_time,
        "meta.exposure.exposure_time": duration,
        "meta.exposure.effective_exposure_time": duration,
        "meta.exposure.elapsed_exposure_time": duration,
        "meta.exposure.duration": duration,
        "meta.exposure.noutputs": subarray.noutputs,
        "meta.exposure.zero_frame": readout.has_zero_frame,
        "meta.exposure.sca_num": detector.sensor,
        "meta.bunit_data": "DN",
    }


def observation_keywords(readout, filter_name, exp_type, seed):
    """Metadata that say what was observed and when; a template has its own instead.

    Parameters
    ----------
    readout : Readout
    filter_name : str or None
    exp_type : str
    seed : int

    Returns
    -------
    dict
        Dotted name in the metadata tree -> value; no entry is None.
    """
    detector = readout.detector
    name = file_name(readout, filter_name, seed)
    stop = START + TimeDelta(readout.nints * readout.integration_time, format="sec")
    middle = START + 0.5 * (stop - START)
    keywords = {
        "meta.filename": name,
        "meta.origin": "gpucal simulation",
        "meta.instrument.filter": filter_name,
        **{f"meta.instrument.{key}": value for key, value in OPTICS[detector.instrument].items()},
        "meta.exposure.type": exp_type,
        "meta.exposure.nsamples": 1,
        "meta.exposure.sample_time": 10.0,
        "meta.exposure.drop_frames1": 0,
        "meta.exposure.drop_frames3": 0,
        "meta.exposure.nresets_at_start": 1,
        "meta.exposure.nresets_between_ints": 1,
        "meta.exposure.data_problem": False,
        "meta.observation.date": START.isot[:10],
        "meta.observation.time": START.isot[11:],
        "meta.observation.date_beg": START.isot,
        "meta.observation.date_end": stop.isot,
        "meta.observation.program_number": PROGRAM,
        "meta.observation.observation_number": name[7:10],
        "meta.observation.visit_number": "001",
        "meta.observation.visit_id": name[2:13],
        "meta.observation.obs_id": f"V{name[2:13]}P0000000002101",
        "meta.observation.visit_group": "02",
        "meta.observation.sequence_id": "1",
        "meta.observation.activity_id": "01",
        "meta.observation.exposure_number": str(seed % 100000),
        "meta.program.title": "Simulated exposure",
        "meta.target.catalog_name": "SIMULATED FIELD",
        "meta.target.type": "FIXED",
        "meta.target.ra": 80.5,
        "meta.target.dec": -69.5,
        "meta.visit.tsovisit": exp_type in TIME_SERIES_TYPES,
        **_times(START, middle, stop),
        **_pointing(detector),
    }
    if detector.instrument == "NIRCAM":
        keywords["meta.instrument.module"] = detector.name[3]
        keywords["meta.instrument.channel"] = "LONG" if detector.name.endswith("LONG") else "SHORT"
    return {key: value for key, value in keywords.items() if value is not None}


def _times(start, middle, stop):
    return {
        "meta.exposure.start_time": start.mjd,
        "meta.exposure.mid_time": middle.mjd,
        "meta.exposure.end_time": stop.mjd,
        "meta.exposure.start_time_mjd": start.mjd,
        "meta.exposure.mid_time_mjd": middle.mjd,
        "meta.exposure.end_time_mjd": stop.mjd,
        "meta.exposure.start_time_tdb": start.tdb.mjd,
        "meta.exposure.mid_time_tdb": middle.tdb.mjd,
        "meta.exposure.end_time_tdb": stop.tdb.mjd,
    }


def _pointing(detector):
    return {
        "meta.pointing.ra_v1": 80.5,
        "meta.pointing.dec_v1": -69.5,
        "meta.pointing.pa_v3": 0.0,
        "meta.aperture.name": f"{detector.name}_FULL",
        "meta.aperture.pps_name": f"{detector.name}_FULL",
    }
