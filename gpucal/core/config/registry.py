"""Find a Step class by any name that a user knows it by."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from gpucal.core.config.nearest import suggestion
from gpucal.errors import GpucalError

# Dotted names that begin so mean a class of ours that has the same last part.
OUR_NAMES = ("gpucal", "jwst")

_STEP = "gpucal.core.step", "Step"

# Whether modules beside a configuration file may be imported: not where a user only looks at it.
_imports_beside: ContextVar[bool] = ContextVar("imports beside configuration files", default=True)


class Entry(NamedTuple):
    """A step or pipeline of the JWST pipeline.

    Attributes
    ----------
    class_name : str
        Its class.
    module : str or None
        Where the class is; None for what is not a part of gpucal yet.
    """

    class_name: str
    module: str | None = None

    @property
    def is_pipeline(self) -> bool:
        """Whether it is a pipeline."""
        return self.class_name.endswith("Pipeline")

    @property
    def package(self) -> str:
        """The package that offers the class."""
        return "gpucal.pipelines" if self.is_pipeline else "gpucal.steps"

    @property
    def peer_name(self) -> str:
        """The dotted name under which the jwst package has it: both programs know the class by it."""
        return f"jwst.{'pipeline' if self.is_pipeline else 'step'}.{self.class_name}"

    def load(self) -> type:
        """Import the class."""
        return getattr(importlib.import_module(self.module), self.class_name)


# All steps and pipelines of the three stages, by alias. A step writes its product under its alias, which is the
# lower-case name of the class where nothing gave it another.
STEPS = {
    "adaptive_trace_model": Entry("AdaptiveTraceModelStep"),
    "align_refs": Entry("AlignRefsStep"),
    "ami_analyze": Entry("AmiAnalyzeStep"),
    "ami_average": Entry("AmiAverageStep"),
    "ami_normalize": Entry("AmiNormalizeStep"),
    "assign_mtwcs": Entry("AssignMTWcsStep"),
    "assign_wcs": Entry("AssignWcsStep", "gpucal.steps.pointing.assign_wcs"),
    "badpix_selfcal": Entry("BadpixSelfcalStep"),
    "barshadow": Entry("BarShadowStep"),
    "bkg_subtract": Entry("BackgroundStep"),
    "calwebb_ami3": Entry("Ami3Pipeline"),
    "calwebb_coron3": Entry("Coron3Pipeline"),
    "calwebb_dark": Entry("DarkPipeline", "gpucal.pipelines.dark"),
    "calwebb_detector1": Entry("Detector1Pipeline", "gpucal.pipelines.detector1"),
    "calwebb_guider": Entry("GuiderPipeline", "gpucal.pipelines.guider"),
    "calwebb_image2": Entry("Image2Pipeline"),
    "calwebb_image3": Entry("Image3Pipeline"),
    "calwebb_spec2": Entry("Spec2Pipeline"),
    "calwebb_spec3": Entry("Spec3Pipeline"),
    "calwebb_tso3": Entry("Tso3Pipeline"),
    "calwebb_wfs-image3": Entry("WfsCombineStep"),
    "charge_migration": Entry("ChargeMigrationStep", "gpucal.steps.ramps.charge_migration"),
    "clean_flicker_noise": Entry("CleanFlickerNoiseStep", "gpucal.steps.images.clean_flicker_noise"),
    "combine_1d": Entry("Combine1dStep"),
    "cube_build": Entry("CubeBuildStep"),
    "dark_current": Entry("DarkCurrentStep", "gpucal.steps.ramps.dark_current"),
    "dq_init": Entry("DQInitStep", "gpucal.steps.ramps.dq_init"),
    "emicorr": Entry("EmiCorrStep", "gpucal.steps.ramps.emicorr"),
    "extract_1d": Entry("Extract1dStep"),
    "extract_2d": Entry("Extract2dStep"),
    "firstframe": Entry("FirstFrameStep", "gpucal.steps.ramps.firstframe"),
    "flat_field": Entry("FlatFieldStep", "gpucal.steps.images.flat_field"),
    "fringe": Entry("FringeStep"),
    "gain_scale": Entry("GainScaleStep", "gpucal.steps.images.gain_scale"),
    "group_scale": Entry("GroupScaleStep", "gpucal.steps.ramps.group_scale"),
    "guider_cds": Entry("GuiderCdsStep", "gpucal.steps.ramps.guider_cds"),
    "hlsp": Entry("HlspStep"),
    "imprint": Entry("ImprintStep"),
    "ipc": Entry("IPCStep", "gpucal.steps.ramps.ipc"),
    "jump": Entry("JumpStep", "gpucal.steps.ramps.jump"),
    "klip": Entry("KlipStep"),
    "lastframe": Entry("LastFrameStep", "gpucal.steps.ramps.lastframe"),
    "linearity": Entry("LinearityStep", "gpucal.steps.ramps.linearity"),
    "master_background": Entry("MasterBackgroundStep"),
    "master_background_mos": Entry("MasterBackgroundMosStep"),
    "msa_flagging": Entry("MSAFlagOpenStep"),
    "outlier_detection": Entry("OutlierDetectionStep"),
    "pathloss": Entry("PathLossStep"),
    "persistence": Entry("PersistenceStep", "gpucal.steps.ramps.persistence"),
    "photom": Entry("PhotomStep", "gpucal.steps.images.photom"),
    "picture_frame": Entry("PictureFrameStep", "gpucal.steps.images.picture_frame"),
    "pixel_replace": Entry("PixelReplaceStep"),
    "ramp_fit": Entry("RampFitStep", "gpucal.steps.ramps.ramp_fit"),
    "refpix": Entry("RefPixStep", "gpucal.steps.ramps.refpix"),
    "resample": Entry("ResampleStep"),
    "resample_spec": Entry("ResampleSpecStep"),
    "reset": Entry("ResetStep", "gpucal.steps.ramps.reset"),
    "residual_fringe": Entry("ResidualFringeStep"),
    "rscd": Entry("RscdStep", "gpucal.steps.ramps.rscd"),
    "saturation": Entry("SaturationStep", "gpucal.steps.ramps.saturation"),
    "skymatch": Entry("SkyMatchStep"),
    "source_catalog": Entry("SourceCatalogStep"),
    "spectral_leak": Entry("SpectralLeakStep"),
    "srctype": Entry("SourceTypeStep"),
    "stack_refs": Entry("StackRefsStep"),
    "straylight": Entry("StraylightStep"),
    "superbias": Entry("SuperBiasStep", "gpucal.steps.ramps.superbias"),
    "targ_centroid": Entry("TargCentroidStep"),
    "tso_photometry": Entry("TSOPhotometryStep"),
    "tweakreg": Entry("TweakRegStep"),
    "wavecorr": Entry("WavecorrStep"),
    "wfss_contam": Entry("WfssContamStep"),
    "white_light": Entry("WhiteLightStep"),
}


class UnknownStepError(GpucalError):
    """No step or pipeline has that name."""


def find_class(name: str, directory: Path | None = None) -> type:
    """Find a step or pipeline.

    Parameters
    ----------
    name : str
        An alias (``jump``, ``calwebb_detector1``), a class (``JumpStep``), a dotted name of ours or of the
        jwst package (``jwst.jump.JumpStep``), or the dotted name of a user's own Step class.
    directory : pathlib.Path, optional
        Where modules of the user are looked for first: beside the configuration file that names them.

    Returns
    -------
    type
        A subclass of `gpucal.core.step.Step`.

    Raises
    ------
    UnknownStepError
        If there is none; the message has the nearest name.
    """
    name = name.strip().rpartition("::")[2]
    package, _, last = name.rpartition(".")
    if package and package.partition(".")[0] not in OUR_NAMES:
        return _users_class(package, last, directory)
    entry = STEPS.get(last) or _by_class_name().get(last)
    if entry is None:
        known = (word for alias, entry in written().items() for word in (alias, entry.class_name))
        raise UnknownStepError(f"there is no step or pipeline {name!r}{suggestion(last, known)}")
    if entry.module is None:
        raise UnknownStepError(f"{name} is a part of the JWST pipeline that gpucal does not have yet")
    return entry.load()


def exported_name(step_class: type) -> str:
    """The name of a class in parameter files: that of the jwst package, which both programs read, where it has one."""
    entry = _by_class_name().get(step_class.__name__)
    if entry is not None and entry.module == step_class.__module__:
        return entry.peer_name
    return f"{step_class.__module__}.{step_class.__qualname__}"


def written() -> dict[str, Entry]:
    """The steps and pipelines that gpucal has, by alias."""
    return {alias: entry for alias, entry in STEPS.items() if entry.module is not None}


def all_classes() -> list[type]:
    """All steps, then all pipelines, each in the order of their names."""
    classes = [entry.load() for entry in written().values()]
    return sorted(classes, key=lambda one: one.is_pipeline)


def class_of_package(package: str, name: str) -> type:
    """A class that a package offers as its own: what ``from gpucal.steps import JumpStep`` asks for.

    Parameters
    ----------
    package : str
        ``gpucal.steps`` or ``gpucal.pipelines``.
    name : str
        The class.

    Returns
    -------
    type
        It is kept in the package, so that it is asked for once.

    Raises
    ------
    AttributeError
        If there is no such step or pipeline.
    ImportError
        If it is a part of the JWST pipeline that gpucal does not have yet: the words of an AttributeError would
        not reach who imports it.
    """
    entry = _by_class_name().get(name)
    if entry is None or entry.package != package:
        names = [] if name.startswith("_") else names_in_package(package)
        raise AttributeError(f"module {package!r} has no attribute {name!r}{suggestion(name, names)}")
    if entry.module is None:
        raise ImportError(f"{name} is a part of the JWST pipeline that gpucal does not have yet")
    found = entry.load()
    setattr(sys.modules[package], name, found)
    return found


def names_in_package(package: str) -> list[str]:
    """What ``dir`` tells of a package of steps or of pipelines: its classes, and the modules imported in it."""
    classes = {entry.class_name for entry in written().values() if entry.package == package}
    inside = vars(sys.modules[package]).items()
    return sorted(classes | {name for name, value in inside if name.startswith("__") or inspect.ismodule(value)})


def _by_class_name() -> dict[str, Entry]:
    return {entry.class_name: entry for entry in STEPS.values()}


def _users_class(module: str, name: str, directory: Path | None) -> type:
    if directory is not None and not _imports_beside.get():
        _refuse_beside(module, name, directory)
        directory = None
    with _searched_first(directory):
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise UnknownStepError(f"cannot import the step {module}.{name}: {error}") from error
    if not _is_step(found):
        raise UnknownStepError(f"{module}.{name} is not a subclass of gpucal.core.Step")
    return found


def _is_step(found) -> bool:
    """Whether something is a step, by the names of its bases: `Step` cannot be imported, since it imports this file."""
    return inspect.isclass(found) and any((base.__module__, base.__name__) == _STEP for base in found.__mro__)


def _refuse_beside(module: str, name: str, directory: Path) -> None:
    """Raise if a module, or the package that it is in, stands in a directory."""
    if PathFinder.find_spec(module.partition(".")[0], [str(directory)]) is not None:
        raise UnknownStepError(
            f"{module}.{name} is code in {directory}, which help does not run; to see its parameters, put the "
            "configuration file into another directory, and name this one in PYTHONPATH"
        )


@contextmanager
def nothing_imported_beside() -> Iterator[None]:
    """Refuse, inside a ``with`` block, a class whose module stands beside the configuration file that names it."""
    token = _imports_beside.set(False)
    try:
        yield
    finally:
        _imports_beside.reset(token)


@contextmanager
def _searched_first(directory: Path | None) -> Iterator[None]:
    """Import from a directory before all others, inside a ``with`` block."""
    if directory is None:
        yield
        return
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path.remove(str(directory))
