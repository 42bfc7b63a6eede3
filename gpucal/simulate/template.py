"""Taking the readout of an exposure from a level-1b file."""

import math

from astropy.io import fits

from gpucal.simulate.detectors import detector_named
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.readout import Readout, ReadPattern, frame_time, pattern_named
from gpucal.simulate.stripes import Stripes
from gpucal.simulate.subarrays import Subarray, subarray_named


def template_readout(template, detector, subarray, readpatt, ngroups, nints):
    """Readout of a level-1b file, with some of it replaced.

    Parameters
    ----------
    template : path-like
        Only its primary header is read.
    detector, subarray, readpatt : str or None
    ngroups, nints : int or None
        What to have instead of the template's own; of superstripes, integrations of whole frames.

    Returns
    -------
    readout : Readout
    name : str
        File name of the template's exposure, for the detector that is simulated.

    Raises
    ------
    SimulationError
        It is not a level-1b file, or lacks a keyword of the readout.
    """
    try:
        header = fits.getheader(template)
        return _read_header(header, detector, subarray, readpatt, ngroups, nints)
    except (OSError, KeyError) as error:
        raise SimulationError(f"{template} cannot be a template: {error}") from error


def _read_header(header, detector, subarray, readpatt, ngroups, nints):
    chip = detector_named(detector or header["DETECTOR"])
    window = subarray_named(chip, subarray) if subarray else _window(header)
    pattern = pattern_named(chip.instrument, readpatt) if readpatt else _pattern(header)
    as_template = detector is None and subarray is None
    frames = math.ceil(header["NINTS"] / _window(header).positions) if nints is None else nints
    readout = Readout(
        chip,
        window,
        pattern,
        header["NGROUPS"] if ngroups is None else ngroups,
        frames * window.positions,
        header["TFRAME"] if as_template else frame_time(chip, window, pattern.nsamples, pattern.interleaved),
    )
    return readout, header["FILENAME"].replace(header["DETECTOR"].lower(), chip.name.lower())


def _window(header):
    name = header["SUBARRAY"]
    outputs = header.get("NOUTPUTS", 4 if name == "FULL" else 1)
    corner = (header[key] for key in ("SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2"))
    return Subarray(name, *corner, outputs, Stripes.of_header(header))


def _pattern(header):
    numbers = (header.get(key, usual) for key, usual in (("NFRAMES", 1), ("GROUPGAP", 0), ("NSAMPLES", 1)))
    return ReadPattern(header["READPATT"], *numbers, "IRS2" in header["READPATT"])
