"""``gpucal simulate --observation``: exposures of a field, through slits, of integral fields or in series."""

from gpucal.cli import (
    simulate_coronagraph,
    simulate_cubes,
    simulate_grisms,
    simulate_interferometer,
    simulate_series,
    simulate_slits,
    simulate_soss,
    simulated,
)
from gpucal.errors import GpucalError
from gpucal.simulate import Field, ImagingOptions, Plan, PointingErrors, observe
from gpucal.simulate.plan import PLANS
from gpucal.simulate.starlight import coronagraphs

USUAL_DETECTORS = {"nircam": "NRCALONG", "miri": "MIRIMAGE", "niriss": "NIS", "fgs": "GUIDER1"}

# Options for single exposures alone, by their names among the arguments, with what each has if it is not given.
SINGLE = {
    "detector": None,
    "filter": None,
    "exp_type": None,
    "template": None,
    "full_frame_references": False,
    "inverse_linearity": False,
}
# Options for observations alone: words for argparse.
OPTIONS = {
    "instrument": {"choices": USUAL_DETECTORS, "help": "whose usual detector is exposed (default nircam)"},
    "detectors": {"nargs": "+", "metavar": "NAME", "help": "exposed together, such as NRCA1 NRCA3 NRCALONG"},
    "filters": {"nargs": "+", "metavar": "NAME", "help": "one for each channel (default: the usual ones)"},
    "dithers": {"type": int, "metavar": "N", "help": "exposures of the field (default 4, of wfs 2)"},
    "backgrounds": {"type": int, "metavar": "N", "help": "of the sky beside it (default: of background 3, else 0)"},
    "spread": {"type": float, "metavar": "ARCSEC", "help": "size of the dither pattern (default 30 pixels)"},
    "roll": {"type": float, "metavar": "DEG", "help": "position angle of V3 (default 33)"},
    "turn": {"type": float, "metavar": "DEG", "help": "by which each exposure is turned more than the one before"},
    "motion": {
        "type": float,
        "nargs": 2,
        "metavar": ("EAST", "NORTH"),
        "help": "of the target, arcsec an hour (default: of moving 60 25)",
    },
    "stars": {"type": int, "metavar": "N", "help": "on a detector (default 60)"},
    "galaxies": {"type": int, "metavar": "N", "help": "on a detector (default 15)"},
    "sky": {"type": float, "metavar": "MJY_SR", "help": "mean level of the sky, MJy/sr (default 0.5)"},
    "sky_spread": {"type": float, "metavar": "MJY_SR", "help": "most by which exposures differ from it (default 0.05)"},
    "pointing_error": {"type": float, "metavar": "ARCSEC", "help": "of each exposure, one sigma (default 0)"},
    "common_error": {"type": float, "metavar": "ARCSEC", "help": "of all exposures alike, one sigma (default 0)"},
    "grating": {"metavar": "NAME", "help": "of spectra (default G395M; of bots PRISM)"},
    "bands": {"nargs": "+", "metavar": "NAME", "help": "of mrs: SHORT, MEDIUM, LONG (default SHORT)"},
    "grisms": {"nargs": "+", "metavar": "NAME", "help": "of wfss: GR150R, GR150C (default), or GRISMR, GRISMC"},
    "sources": {"type": int, "metavar": "N", "help": "of wfss: as many, in place of the usual eight"},
    "slitlets": {"type": int, "metavar": "N", "help": "of mos: as many slitlets, with the prism"},
    "mask": {"metavar": "NAME", "help": "of coronagraphy: " + ", ".join(coronagraphs.CORONAGRAPHS)},
    "references": {"type": int, "metavar": "N", "help": "of coronagraphy: exposures of the reference star (default 5)"},
    "rates": {"action": "store_true", "default": None, "help": "write rates, with their noise, instead of raw ramps"},
    **simulate_series.OPTIONS,
    **simulate_interferometer.OPTIONS,
}
_PLAN = {"dithers": "exposures"} | {name: name for name in ("backgrounds", "spread", "roll", "turn", "motion")}

# Observations that are no fields on imaging detectors.
OTHERS = {
    **simulate_slits.KINDS,
    **simulate_cubes.KINDS,
    **simulate_grisms.KINDS,
    **simulate_soss.KINDS,
    **simulate_series.KINDS,
    **simulate_coronagraph.KINDS,
    **simulate_interferometer.KINDS,
}
# Options that hold for no field of images, and what they are for.
_KINDS = {
    **dict.fromkeys(("bands", "grating", "grisms", "slitlets", "sources"), "spectra"),
    **dict.fromkeys(simulate_series.OPTIONS, "series"),
    **dict.fromkeys(("mask", "references"), "coronagraphy"),
    **dict.fromkeys(simulate_interferometer.OPTIONS, simulate_interferometer.NAME),
}


def add_options(parser) -> None:
    """Add the options of observations.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    group = parser.add_argument_group("observations of a field by imaging detectors, of spectra, or of integral fields")
    group.add_argument("--observation", choices=(*PLANS, *OTHERS), help="what kind of observation to make")
    for name, words in OPTIONS.items():
        group.add_argument(f"--{name.replace('_', '-')}", dest=f"observed_{name}", **words)


def check_options(args) -> None:
    """See that options for observations stand with ``--observation``, and others without.

    Raises
    ------
    GpucalError
        One does not.
    """
    if args.observation:
        unfit = [name for name, usual in SINGLE.items() if getattr(args, name) != usual]
        reason = "is for single exposures, not for --observation"
    else:
        unfit = list(_given(args))
        reason = "needs --observation"
    if unfit:
        raise GpucalError(f"--{unfit[0].replace('_', '-')} {reason} (see gpucal simulate -h)")


def run(args, effects, console) -> None:
    """Observe, and tell where everything is.

    Parameters
    ----------
    args : argparse.Namespace
    effects : Effects
    console : rich.console.Console
    """
    given = _given(args)
    if args.observation in OTHERS:
        simulated.run(OTHERS[args.observation], args, given, effects, console)
        return
    for name, kind in _KINDS.items():
        if name in given:
            raise GpucalError(f"--{name.replace('_', '-')} is for {kind} (see gpucal simulate -h)")
    plan = Plan.named(args.observation, **{_PLAN[name]: value for name, value in given.items() if name in _PLAN})
    field = Field(**{name: given[name] for name in ("stars", "galaxies", "sky", "sky_spread") if name in given})
    errors = PointingErrors(given.get("common_error", 0.0), given.get("pointing_error", 0.0))
    observation = observe(
        args.directory,
        plan,
        tuple(given.get("detectors", [USUAL_DETECTORS[given.get("instrument", "nircam")]])),
        tuple(given.get("filters", ())),
        args.subarray,
        args.readpatt,
        args.ngroups,
        args.nints,
        rates="rates" in given,
        options=ImagingOptions(field, errors, effects),
        seed=args.seed,
        cache=args.cache,
    )
    simulated.tell(console, observation.files(), observation)


def _given(args):
    """The options of observations that are on the command line, and their values."""
    values = {name: getattr(args, f"observed_{name}") for name in OPTIONS}
    return {name: value for name, value in values.items() if value is not None}
