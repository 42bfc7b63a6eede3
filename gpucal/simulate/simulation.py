"""Simulating an exposure, its references and the cache that serves them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.detectors import detector_named
from gpucal.simulate.effects import Effects
from gpucal.simulate.events import draw_events
from gpucal.simulate.exposure import write_exposure
from gpucal.simulate.metadata import (
    default_filter,
    exposure_type,
    file_name,
    observation_keywords,
    readout_keywords,
    valid_keywords,
)
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.ramp import read_out
from gpucal.simulate.readout import Readout, frame_time, pattern_named
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.references import provide_references
from gpucal.simulate.scene import photon_rate
from gpucal.simulate.stripes import sights
from gpucal.simulate.subarrays import subarray_named
from gpucal.simulate.template import template_readout

CACHE_NAME = "crds_cache"


@dataclass(frozen=True)
class Truth:
    """What went into an exposure.

    Attributes
    ----------
    rate : ndarray (ny, nx), float64
        Count rate from light, DN/s: what a perfect calibration gives. Zero in reference and dead pixels. Of
        superstripes, that of the frames which they make.
    hits : ndarray
        Cosmic-ray hits, one entry a pixel of the raw images: see `gpucal.simulate.events.Events`.
    snowballs : ndarray
        Snowballs, one entry each.
    showers : ndarray
        Showers, one entry each.
    """

    rate: np.ndarray
    hits: np.ndarray
    snowballs: np.ndarray
    showers: np.ndarray

    def save(self, path: str | Path) -> None:
        """Write to an .npz file."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "Truth":
        """Read what `save` wrote."""
        with np.load(path) as file:
            return cls(**file)


@dataclass(frozen=True)
class Simulation:
    """A simulated exposure and what belongs to it.

    Attributes
    ----------
    exposure : Path
        The level-1b file.
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which these references are served.
    truth : Truth
    truth_path : Path

    Examples
    --------
    >>> from gpucal.pipelines import Detector1Pipeline
    >>> from gpucal.simulate import simulate
    >>> simulation = simulate("simulated", detector="NRCA3", subarray="SUB64P", ngroups=5)
    >>> simulation.exposure.name
    'jw01000346001_02101_00001_nrca3_uncal.fits'
    >>> with simulation.crds():
    ...     rate = Detector1Pipeline.call(simulation.exposure)
    >>> rate.data.shape == simulation.truth.rate.shape
    True
    """

    exposure: Path
    references: dict
    cache: Path
    context: str
    truth: Truth
    truth_path: Path

    def environment(self) -> dict[str, str]:
        """Environment variables that make CRDS serve this exposure, dict of str."""
        return CrdsCache(self.cache).environment(self.context)

    def crds(self) -> AbstractContextManager[None]:
        """Context manager: within it, in this process, CRDS serves this exposure."""
        return crds_environment(self.environment())


def simulate(
    directory: str | Path,
    detector: str | None = None,
    filter: str | None = None,
    subarray: str | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    nints: int | None = None,
    effects: Effects | None = None,
    seed: int = 1,
    template: str | Path | None = None,
    cache: str | Path | None = None,
    exp_type: str | None = None,
    references: ReferenceOptions | None = None,
) -> Simulation:
    """Simulate a level-1b exposure with known truth, and the references that calibrate it.

    Parameters
    ----------
    directory : path-like
        Where the exposure and its truth are written; made if it is not there.
    detector, filter, subarray, readpatt : str, optional
        Keywords of the exposure. Without a template they default to NRCA1, the instrument's usual
        filter, FULL, and the instrument's fastest pattern.
    ngroups, nints : int, optional
        Groups in an integration, and integrations; 10 and 1 by default. Of superstripes, integrations of whole
        frames: the file has one for each stripe.
    effects : Effects, optional
        All of them by default.
    seed : int, optional
        Of the exposure; the detector's pixels depend on the detector alone.
    template : path-like, optional
        Level-1b file whose keywords are taken over, readout and file name too, except those given here.
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.
    exp_type : str, optional
        EXP_TYPE, if not the usual one of the detector and subarray.
    references : ReferenceOptions, optional
        How the references are written.

    Returns
    -------
    Simulation

    Raises
    ------
    SimulationError
        No such detector, filter, subarray, read pattern or exposure type; no groups; a window that is not on the
        detector.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    asked = detector, subarray, readpatt, ngroups, nints
    readout, name = (readout_of(*asked), None) if template is None else template_readout(template, *asked)
    keywords = valid_keywords(readout, {"FILTER": filter, "EXP_TYPE": exp_type})
    if template is None:
        name, keywords = _usual(readout, keywords, seed)
    directory = make_output_directory(directory)
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    effects = effects or Effects()
    pixels, truth, raw = _expose(readout, effects, seed)

    write_exposure(directory / name, readout, raw, keywords | readout_keywords(readout), template)
    truth_path = directory / name.replace("_uncal.fits", "_truth.npz")
    truth.save(truth_path)
    paths = provide_references(store, readout, pixels, effects, references or ReferenceOptions())
    return Simulation(directory / name, paths, store.path, store.context, truth, truth_path)


def _expose(readout, effects, seed):
    """Pixels and Truth of the frames of an exposure, and its RawRamp."""
    scene_seed, event_seed, noise_seed = np.random.SeedSequence(seed).spawn(3)
    covered = replace(readout, subarray=readout.subarray.covered(readout.detector))
    pixels = make_pixels(readout.detector, covered.subarray.window, effects)
    rate = photon_rate(covered, effects, np.random.default_rng(scene_seed))
    rate[pixels.reference | pixels.bad["dead"]] = 0
    seen = sights(readout.detector, readout.subarray, pixels, rate)
    events = draw_events(readout, effects, np.random.default_rng(event_seed))
    raw = read_out(readout, seen, events, effects, noise_seed)
    if len(seen) == 1:
        pixels, rate = seen[0]
    return pixels, Truth(rate / pixels.gain, events.hits, events.snowballs, events.showers), raw


def _usual(readout, given, seed):
    """Name and keywords of an exposure that has no template."""
    filter = given.get("FILTER") or default_filter(readout)
    exp_type = given.get("EXP_TYPE") or exposure_type(readout)
    return file_name(readout, filter, seed), observation_keywords(readout, filter, exp_type, seed)


def readout_of(detector, subarray, readpatt, ngroups, nints):
    """The readout that names stand for; see `simulate` for what they are if None.

    Raises
    ------
    SimulationError
        No such detector, subarray or read pattern; no groups.
    """
    detector = detector_named(detector or "NRCA1")
    subarray = subarray_named(detector, subarray or "FULL")
    pattern = pattern_named(detector.instrument, readpatt)
    ngroups = 10 if ngroups is None else ngroups
    nints = (1 if nints is None else nints) * subarray.positions
    time = frame_time(detector, subarray, pattern.nsamples, pattern.interleaved)
    return Readout(detector, subarray, pattern, ngroups, nints, time)
