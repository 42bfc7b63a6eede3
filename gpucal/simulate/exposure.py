"""Writing a simulated exposure as a level-1b file."""

import numpy as np
from astropy.time import Time
from stdatamodels.jwst import datamodels

SECONDS_PER_DAY = 86400.0
CLOCK_EPOCH = Time("2000-01-01T00:00:00", scale="utc")


def write_exposure(path, readout, raw, keywords, template=None):
    """Write a level-1b file.

    Parameters
    ----------
    path : pathlib.Path
    readout : Readout
    raw : RawRamp
    keywords : dict
        Dotted name in the metadata tree -> value.
    template : pathlib.Path or None
        Level-1b file whose other keywords are taken over.
    """
    with datamodels.Level1bModel(template) as model:
        model.data = raw.groups
        if raw.zero_frame is not None:
            model.zeroframe = raw.zero_frame
        for name, value in keywords.items():
            model[name] = value
        start = model.meta.exposure.start_time
        model.group = _group_table(model, readout, start)
        model.int_times = _integration_times(model, readout, start)
        model.meta.filename = path.name
        model.save(path, overwrite=True)


def _group_table(model, readout, start):
    """One row for each group: when it ended."""
    number = np.arange(readout.nints * readout.ngroups)
    integration, group = np.divmod(number, readout.ngroups)
    frames = group * readout.frames_per_group + readout.pattern.nframes
    seconds = integration * readout.integration_time + frames * readout.frame_time
    ends = Time(start + seconds / SECONDS_PER_DAY, format="mjd")
    days = ends.mjd - CLOCK_EPOCH.mjd
    table = np.zeros(len(number), dtype=model.get_dtype("group"))
    table["integration_number"] = integration + 1
    table["group_number"] = group + 1
    table["end_day"] = np.floor(days)
    table["end_milliseconds"] = np.floor((days % 1) * SECONDS_PER_DAY * 1000)
    table["group_end_time"] = [text[:26].encode() for text in ends.isot]
    table["number_of_columns"], table["number_of_rows"] = readout.subarray.xsize, readout.subarray.ysize
    table["completion_code_text"] = b"COMPLETE"
    table["bary_end_time"] = table["helio_end_time"] = ends.mjd
    return table


def _integration_times(model, readout, start):
    """One row for each integration: start, middle and end."""
    table = np.zeros(readout.nints, dtype=model.get_dtype("int_times"))
    table["integration_number"] = np.arange(1, readout.nints + 1)
    length = readout.integration_time / SECONDS_PER_DAY
    for moment, fraction in (("start", 0.0), ("mid", 0.5), ("end", 1.0)):
        times = start + (np.arange(readout.nints) + fraction) * length
        table[f"int_{moment}_MJD_UTC"] = times
        table[f"int_{moment}_BJD_TDB"] = Time(times, format="mjd", scale="utc").tdb.mjd
    return table
