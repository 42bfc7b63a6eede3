"""Writing a simulated exposure as a level-1b file."""

import numpy as np
from astropy.io import fits
from astropy.time import Time

from gpucal.simulate.metadata import science_keywords
from gpucal.simulate.stripes import KEYWORDS as STRIPE_KEYWORDS

SECONDS_PER_DAY = 86400.0
CLOCK_EPOCH = 51544.0  # MJD of 2000-01-01
STRUCTURAL = ("NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "NAXIS4", "BSCALE", "BZERO", "EXTVER")

# Data models keep metadata without a keyword in an ASDF tree of its own extension; here there are none.
EMPTY_TREE = (
    b"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n"
    b"--- !core/asdf-1.1.0 {}\n...\n"
)

# Columns of the GROUP and INT_TIMES tables of level-1b products (JWST data products documentation).
GROUP_TYPE = np.dtype(
    [
        ("integration_number", "i4"),
        ("group_number", "i2"),
        ("end_day", "i2"),
        ("end_milliseconds", "i4"),
        ("end_submilliseconds", "i2"),
        ("group_end_time", "S26"),
        ("number_of_columns", "i2"),
        ("number_of_rows", "i2"),
        ("number_of_gaps", "i2"),
        ("completion_code_number", "i2"),
        ("completion_code_text", "S36"),
        ("bary_end_time", "f8"),
        ("helio_end_time", "f8"),
    ]
)
INT_TIMES_TYPE = np.dtype(
    [("integration_number", "i4")]
    + [(f"int_{moment}_MJD_UTC", "f8") for moment in ("start", "mid", "end")]
    + [(f"int_{moment}_BJD_TDB", "f8") for moment in ("start", "mid", "end")]
)


def write_exposure(path, readout, raw, keywords, template=None, coordinates=None):
    """Write a level-1b file.

    Parameters
    ----------
    path : pathlib.Path
    readout : Readout
    raw : RawRamp
    keywords : dict
        Primary keywords.
    template : path-like or None
        Level-1b file whose other primary and SCI keywords are taken over.
    coordinates : dict, optional
        More keywords of the SCI extension.
    """
    primary, science = _template_headers(template)
    primary.update(keywords | {"FILENAME": path.name})
    start = primary.get("EXPSTART") or Time(primary["DATE-BEG"]).mjd
    science.update(science_keywords(readout, start) | (coordinates or {}))
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary), fits.ImageHDU(raw.groups, science, name="SCI")])
    if raw.zero_frame is not None:
        hdus.append(fits.ImageHDU(raw.zero_frame, name="ZEROFRAME"))
    if raw.reference_output is not None:
        hdus.append(fits.ImageHDU(raw.reference_output, name="REFOUT"))
    hdus.append(fits.BinTableHDU(_group_table(readout, start), name="GROUP"))
    hdus.append(fits.BinTableHDU(integration_times(readout, start), name="INT_TIMES"))
    hdus.append(metadata_tree())
    hdus.writeto(path, overwrite=True)


def metadata_tree():
    """The extension for metadata without a keyword, of which there are none."""
    data = np.zeros(1, [("ASDF_METADATA", "u1", len(EMPTY_TREE))])
    data["ASDF_METADATA"] = np.frombuffer(EMPTY_TREE, np.uint8)
    return fits.BinTableHDU(data, name="ASDF")


def _template_headers(template):
    if template is None:
        return fits.Header(), fits.Header()
    with fits.open(template) as hdus:
        primary, science = hdus[0].header.copy(), hdus["SCI"].header.copy()
    for keyword in STRUCTURAL:
        science.remove(keyword, ignore_missing=True)
    for keyword in STRIPE_KEYWORDS:
        primary.remove(keyword, ignore_missing=True)
    return primary, science


def _group_table(readout, start):
    """One row for each group: when it ended."""
    number = np.arange(readout.nints * readout.ngroups)
    integration, group = np.divmod(number, readout.ngroups)
    frames = group * readout.frames_per_group + readout.pattern.nframes
    seconds = integration * readout.integration_time + frames * readout.frame_time
    ends = Time(start + seconds / SECONDS_PER_DAY, format="mjd")
    days = ends.mjd - CLOCK_EPOCH
    table = np.zeros(len(number), GROUP_TYPE)
    table["integration_number"] = integration + 1
    table["group_number"] = group + 1
    table["end_day"] = np.floor(days)
    table["end_milliseconds"] = np.floor((days % 1) * SECONDS_PER_DAY * 1000)
    table["group_end_time"] = ends.isot.astype("S26")
    table["number_of_columns"], table["number_of_rows"] = readout.subarray.xsize, readout.subarray.ysize
    table["completion_code_text"] = b"COMPLETE"
    table["bary_end_time"] = table["helio_end_time"] = ends.mjd
    return table


def integration_times(readout, start, first=1):
    """One row for each integration, numbered from `first`: start, middle and end."""
    table = np.zeros(readout.nints, INT_TIMES_TYPE)
    table["integration_number"] = first + np.arange(readout.nints)
    length = readout.integration_time / SECONDS_PER_DAY
    for moment, fraction in (("start", 0.0), ("mid", 0.5), ("end", 1.0)):
        times = start + (np.arange(readout.nints) + fraction) * length
        table[f"int_{moment}_MJD_UTC"] = times
        table[f"int_{moment}_BJD_TDB"] = Time(times, format="mjd", scale="utc").tdb.mjd
    return table
