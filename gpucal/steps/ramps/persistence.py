"""The persistence step."""

import logging
import os
from pathlib import Path

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import SkipStep, Step
from gpucal.data import InputError, OutputError
from gpucal.data.reading import expand
from gpucal.kernels.ramps.persistence import flag_persistence
from gpucal.startup.lazy import asdf

log = logging.getLogger(__name__)

UNIX_EPOCH = 40587.0
"""MJD of 1970-01-01."""

SECONDS_IN_DAY = 86400.0


class PersistenceStep(Step):
    """Flag PERSISTENCE for a while after a pixel was saturated, in this exposure or in one before it.

    Each pixel has a window of time, which opens when it saturates or exceeds a threshold. Windows that
    are open at the end of an exposure can be saved in a file, and be taken up by the next exposure of the
    same detector, if its windows have the same length.
    """

    class_alias = "persistence"
    spec = """
        save_persistence = string(default=None)  # ASDF file to save the open windows in
        persistence_time = integer(default=None)  # length of a window, s; needed
        dn_threshold = float(default=None)  # signal that opens a window, DN
        persistence_array_file = string(default=None)  # ASDF file with windows left open before
        persistence_dnu = boolean(default=False)  # flag DO_NOT_USE along with PERSISTENCE
        skip = boolean(default=True)  # leave this step out
    """
    input_types = ("RampModel",)
    timing_keywords = ("TGROUP",)

    def process(self, exposure, references):
        duration = self.persistence_time
        if duration is None or duration <= 0:
            reason = f"persistence_time is {duration}, and a positive number of seconds is needed"
            raise SkipStep(reason, status="FAILED")
        detector = exposure.meta.instrument.detector
        window_ends = np.zeros(exposure.data.shape[-2:])
        if self.persistence_array_file is not None:
            read_windows(expand(self.persistence_array_file), detector, duration, window_ends)
        backend = current_backend()
        group_times = backend.asarray(end_of_groups(exposure))
        window_ends = backend.asarray(window_ends)
        flag_persistence(
            exposure.data,
            exposure.groupdq,
            group_times,
            window_ends,
            duration,
            self.dn_threshold,
            self.persistence_dnu,
        )
        if self.save_persistence is not None:
            windows = backend.asnumpy(window_ends)
            save_windows(expand(self.save_persistence), detector, duration, windows, Path(exposure.source).name)
        return exposure


def end_of_groups(exposure):
    """When each group ends, from the start of its integration and the time of a group.

    Parameters
    ----------
    exposure : Exposure
        Integrations start when its table INT_TIMES says; those that the table lacks, when the start of the exposure
        and the duration of an integration say.

    Returns
    -------
    (nints, ngroups) float64 array
        Seconds since 1970.

    Raises
    ------
    InputError
        If a keyword is missing.
    """
    nints, ngroups = exposure.data.shape[:2]
    meta = exposure.meta.exposure
    starts = [] if exposure.int_times is None else list(exposure.int_times["int_start_MJD_UTC"][:nints])
    needed = ["group_time"] if len(starts) == nints else ["group_time", "start_time", "integration_time"]
    if missing := [name for name in needed if getattr(meta, name) is None]:
        raise InputError(f"{exposure.source}: meta.exposure.{missing[0]} is missing")

    starts = [(start - UNIX_EPOCH) * SECONDS_IN_DAY for start in starts]
    for integration in range(len(starts), nints):
        starts.append((meta.start_time - UNIX_EPOCH) * SECONDS_IN_DAY + integration * meta.integration_time)
    steps = np.full((nints, ngroups + 1), meta.group_time)
    steps[:, 0] = starts
    return np.cumsum(steps, axis=1)[:, 1:]


def read_windows(path, detector, duration, window_ends):
    """Take over the windows that an earlier exposure of this detector left open, if the file holds any.

    Parameters
    ----------
    path : Path
        The ASDF file: by detector, the rows and columns of pixels, when their windows end, and their length.
    detector : str
        The detector in use.
    duration : int
        Length of a window, s. Windows of another length are of no use.
    window_ends : (ny, nx) float64 array
        When the windows end, s since 1970. Edited.

    Raises
    ------
    InputError
        If the file cannot be read, or its windows do not fit the exposure.
    """
    if not path.exists():
        log.warning("No file %s: no window is open at the start", path)
        return
    try:
        with asdf.open(path) as tree:
            windows = tree.tree.get(detector)
            if windows is None:
                log.warning("%s has no windows of %s: none is open at the start", path, detector)
            elif windows["pers_time"] != duration:
                log.warning("%s has windows of %s s: none is open at the start", path, windows["pers_time"])
            else:
                window_ends[np.array(windows["rows"]), np.array(windows["cols"])] = windows["vals"]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{path}: no persistence windows for this exposure ({error})") from error


def save_windows(path, detector, duration, window_ends, filename):
    """Save open windows, beside those of other detectors that the file may hold.

    Parameters
    ----------
    path : Path
        The file; its extension is made ``.asdf``.
    detector : str
        The detector in use.
    duration : int
        Length of a window, s.
    window_ends : (ny, nx) float64 array
        When the windows end, s since 1970; zero for none.
    filename : str
        The exposure that they come from.

    Raises
    ------
    OutputError
        If the file cannot be written. What was there before is then still there.
    """
    path = path.with_suffix(".asdf")
    partial = path.with_name(f".{path.name}.partial")
    rows, cols = np.nonzero(window_ends)
    tree = {}
    try:
        if path.exists():
            with asdf.open(path, lazy_load=False, memmap=False) as before:
                tree = dict(before.tree)
        tree[detector] = {
            "filename": filename,
            "rows": rows,
            "cols": cols,
            "vals": window_ends[rows, cols],
            "pers_time": duration,
        }
        asdf.AsdfFile(tree).write_to(partial)
        os.replace(partial, path)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error
    finally:
        Path(partial).unlink(missing_ok=True)
    log.info("Saved %d open windows of %s in %s", len(rows), detector, path)
