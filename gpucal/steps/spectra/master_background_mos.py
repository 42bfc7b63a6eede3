"""The master_background_mos step."""

import logging
from typing import ClassVar, NamedTuple

import numpy as np

from gpucal.core import Pipeline, SkipStep
from gpucal.core.run.inner import run_inside_if_it_applies
from gpucal.core.run.results import set_status
from gpucal.data import Exposure, Members, open_exposure
from gpucal.data.members import members_of_one
from gpucal.data.reading import expand
from gpucal.data.slits import Slit, Slits
from gpucal.data.spectra import Spectra
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.parts.calibration.master_backgrounds import (
    BackgroundSpectrum,
    background_of_file,
    expand_to_2d,
    odd_width,
    running_medians,
)
from gpucal.steps.spectra.barshadow import BarShadowStep
from gpucal.steps.spectra.combine_1d import Combine1dStep
from gpucal.steps.spectra.extract_1d import Extract1dStep
from gpucal.steps.spectra.pathloss import PathLossStep
from gpucal.steps.spectra.pixel_replace import PixelReplaceStep
from gpucal.steps.spectra.resample_spec import ResampleSpecStep

log = logging.getLogger(__name__)

# What the names of sources of slitlets that look at the background have in them.
BACKGROUND_NAMES = ("BKG", "BACKGROUND")

EXTENDED = "EXTENDED"

# The corrections of rates, in order, and those of them that depend on the type of the source.
CORRECTIONS = ("flat_field", "pathloss", "barshadow", "photom")
WITH_SOURCE_TYPE = ("pathloss", "barshadow", "photom")


class Background(NamedTuple):
    """A background, and the spectra that it was made of.

    Attributes
    ----------
    spectrum : BackgroundSpectrum
        By wavelength.
    product : Exposure
        As it is saved.
    spectra : Spectra or None
        Of background slitlets.
    """

    spectrum: BackgroundSpectrum
    product: Exposure
    spectra: Spectra | None


class MasterBackgroundMosStep(Pipeline):
    """Subtract from the slitlets of NIRSpec the background that some of them look at.

    All slitlets are calibrated as if their sources filled them. The spectra of those that look at the background are
    extracted and combined; their mean, or the spectrum that the user gives, is spread over the pixels of all slitlets
    and calibrated backwards, to be subtracted from their rates. It is not done where the background was subtracted
    before, unless ``force_subtract``.

    Notes
    -----
    The calibration has the parameters of the steps of the pipeline that this one is part of; by itself, those of its
    own steps.
    """

    class_alias = "master_background_mos"
    status_name = "master_background"
    spec = """
        sigma_clip = float(default=3)  # combining: leave out what is so many median deviations from the median
        median_kernel = integer(default=1)  # width of a running median over the background, elements
        force_subtract = boolean(default=False)  # subtract it whatever was subtracted before
        save_background = boolean(default=False)  # save the background, by wavelength and by pixel, and its spectra
        user_background = string(default=None)  # file with a background of the user's, in place of that of slitlets
        inverse = boolean(default=False)  # add the background: undo the subtraction
        output_use_model = boolean(default=True)  # name products after meta.filename of the model
    """
    step_defs: ClassVar = {
        "flat_field": FlatFieldStep,
        "pathloss": PathLossStep,
        "barshadow": BarShadowStep,
        "photom": PhotomStep,
        "pixel_replace": PixelReplaceStep,
        "resample_spec": ResampleSpecStep,
        "extract_1d": Extract1dStep,
    }
    input_types = ("MultiSlitModel",)

    def check_applies(self, exposure):
        """Skip exposures whose background was subtracted before."""
        status = exposure.meta.cal_step
        if not self.force_subtract and "COMPLETE" in (status.bkg_subtract, status.master_background):
            raise SkipStep("the background was subtracted before; force_subtract would do it again")

    def steps_for(self, exposure):
        """The steps that are run: without those for spectra if the user gives one."""
        yield from self.inner_steps(exposure)

    def inner_steps(self, exposure):
        """The steps that calibrate and extract, with the parameters that they are run with."""
        calibrating = tuple(step for step in map(self.calibrating, CORRECTIONS) if not step.skip)
        return calibrating if self.user_background is not None else (*calibrating, self.resample_spec, self.extract_1d)

    def process(self, exposure, references):
        """Subtract the background.

        Raises
        ------
        SkipStep
            If no slitlet looks at the background, or none at a source.
        """
        looks_at_background = [is_background(slit) for slit in exposure.slits]
        if self.user_background is None and len(set(looks_at_background)) < 2:
            what = "a source" if any(looks_at_background) else "the background"
            raise SkipStep(f"no slitlet looks at {what}", status="FAILED")
        calibrated = copy_of(exposure)
        for name in CORRECTIONS:
            calibrated = run_inside_if_it_applies(self.calibrating(name), calibrated, references)
        background = self.background_of(calibrated, looks_at_background, references)
        expanded = expand_to_2d(calibrated.slits, background.spectrum)
        calibrated.slits.packed("data")[...] = expanded.values
        calibrated.slits.packed("dq")[expanded.is_outside] |= np.uint32(DO_NOT_USE)
        for name in reversed(CORRECTIONS):
            calibrated = run_inside_if_it_applies(self.calibrating(name, inverse=True), calibrated, references)
        subtract(exposure.slits, calibrated.slits, self.inverse)
        set_status(exposure, self, "COMPLETE")
        if self.save_background:
            self.save(background.product, "masterbg1d")
            self.save(calibrated, "masterbg2d")
            if background.spectra is not None:
                self.save(background.spectra, "bkgx1d")
        return exposure

    def calibrating(self, name: str, inverse: bool = False):
        """A step that calibrates, with the parameters that it has in the pipeline."""
        own = getattr(self, name)
        usual = own if self.parent is None else getattr(self.parent, name, own)
        declared = {key: value for key, value in usual.get_pars(full_spec=False).items() if key in own.__dict__}
        declared |= {key: value for key, value in usual.__dict__.items() if key.startswith("override_")}
        declared |= {"skip": usual.skip, "inverse": inverse}
        if name in WITH_SOURCE_TYPE:
            declared["source_type"] = EXTENDED
        if name == "flat_field":
            declared["save_interpolated_flat"] = False
        return type(own)(name, self, **declared)

    def background_of(self, calibrated: Exposure, looks_at_background, references) -> Background:
        """The background that the user gives, or the mean of those that slitlets look at."""
        if self.user_background is not None:
            spectrum = background_of_file(self.user_background)
            return Background(spectrum, open_exposure(expand(self.user_background)), None)
        chosen = [slit for slit, is_one in zip(calibrated.slits, looks_at_background, strict=True) if is_one]
        log.info("Slitlets that look at the background: %s", ", ".join(slit.name for slit in chosen))
        of_background = run_inside_if_it_applies(self.pixel_replace, calibrated.with_slits(chosen), references)
        resampled = self.resample_spec.process(members_of_one(of_background), references.of(self.resample_spec))
        spectra = self.extract_1d.process(resampled, references.of(self.extract_1d))
        product = Combine1dStep(sigma_clip=self.sigma_clip).process(Members([spectra]), None)
        if (width := odd_width(self.median_kernel)) > 1:
            for column in ("SURF_BRIGHT", "FLUX"):
                table = product.spectra[0].table
                table[column] = running_medians(table[column], width)
        return Background(BackgroundSpectrum.of_table(product.spectra[0].table), product, spectra)


def is_background(slit: Slit) -> bool:
    """Whether a slitlet looks at the background, by the name of its source."""
    return any(part in str(slit["source_name"]).upper() for part in BACKGROUND_NAMES)


def copy_of(exposure: Exposure) -> Exposure:
    """An exposure whose slits have values and arrays of their own; their coordinates are shared."""
    slits = Slits.of_trees([copied(slit.values) for slit in exposure.slits])
    for mine, its in zip(slits, exposure.slits, strict=True):
        for name in its.array_names:
            if its.has(name):
                setattr(mine, name, getattr(its, name).copy())
    return exposure.with_slits(slits)


def copied(tree: dict) -> dict:
    """A copy of nested dictionaries; their values are shared."""
    return {name: copied(value) if type(value) is dict else value for name, value in tree.items()}


def subtract(slits: Slits, background: Slits, inverse: bool) -> None:
    """Subtract backgrounds from slits pixel by pixel, or add them; flags of both count."""
    data, values = slits.packed("data"), background.packed("data")
    if inverse:
        data += values
    else:
        data -= values
    slits.packed("dq")[...] |= background.packed("dq")
