"""Taking the readout of an exposure from a level-1b file."""

from pathlib import Path

from stdatamodels.jwst import datamodels

from gpucal.simulate.detectors import detector_named
from gpucal.simulate.readout import Readout, ReadPattern, frame_time, pattern_named
from gpucal.simulate.subarrays import Subarray, subarray_named


def template_readout(template, detector, subarray, readpatt, ngroups, nints):
    """Readout of a level-1b file, with some of it replaced.

    Parameters
    ----------
    template : path-like
        Only its metadata are read.
    detector, subarray, readpatt : str or None
    ngroups, nints : int or None
        What to have instead of the template's own.

    Returns
    -------
    readout : Readout
    name : str
        File name of the template's exposure, for the detector that is simulated.
    """
    with datamodels.Level1bModel(template) as model:
        meta = model.meta
        chip = detector_named(detector or meta.instrument.detector)
        window = subarray_named(chip, subarray) if subarray else _window(meta)
        pattern = pattern_named(chip.instrument, readpatt) if readpatt else _pattern(meta.exposure)
        same_frame = subarray is None and detector is None
        readout = Readout(
            chip,
            window,
            pattern,
            ngroups or meta.exposure.ngroups,
            nints or meta.exposure.nints,
            meta.exposure.frame_time if same_frame else frame_time(chip, window),
        )
        name = Path(meta.filename or template).name
        return readout, name.replace(meta.instrument.detector.lower(), chip.name.lower())


def _window(meta):
    window = meta.subarray
    outputs = meta.exposure.noutputs or (4 if window.name == "FULL" else 1)
    return Subarray(window.name, window.xstart, window.ystart, window.xsize, window.ysize, outputs)


def _pattern(exposure):
    return ReadPattern(exposure.readpatt, exposure.nframes or 1, exposure.groupgap or 0)
