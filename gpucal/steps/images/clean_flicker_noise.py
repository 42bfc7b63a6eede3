"""The clean_flicker_noise step."""

import logging
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import InputError, open_exposure
from gpucal.data.reading import expand
from gpucal.kernels.background.background_model import fill_flat
from gpucal.kernels.background.median_scene import median_over_integrations, relative_brightness
from gpucal.kernels.background.scene_mask import planes, scene_mask
from gpucal.kernels.flicker.flicker_noise import (
    Recipe,
    Records,
    clean_images,
    clean_ramp,
    fourier_remover,
    median_remover,
    plane,
)
from gpucal.kernels.flicker.nsclean_subarray import ALLSLITS_PASSBAND, DEFAULT_PASSBAND
from gpucal.steps.parts.flicker.background_scene import (
    FLAT_TELLS_FIELD,
    TRACES_TELL_SOURCES,
    beside,
    draft_rates,
    draft_steps,
    flag_outside_field,
    science_pixels,
)
from gpucal.steps.parts.flicker.flicker_parameters import Choices, automatic_choices
from gpucal.steps.parts.flicker.nirspec_scene import steps_of_scene
from gpucal.steps.parts.flicker.series_brightness import brightness_steps, series_brightness

log = logging.getLogger(__name__)

FOURIER_TYPES = ("NRS_MSASPEC", "NRS_IFU", "NRS_FIXEDSLIT", "NRS_BRIGHTOBJ")
MIRI_TYPES = ("MIR_IMAGE",)
PASSBANDS = {"ALLSLITS": ALLSLITS_PASSBAND}
CHANNELS = {2048: 4}

# Exposures whose integrations get their brightness from traces, less a background that this does not take away yet.
LATER = ("NIS_SOSS",)


class CleanFlickerNoiseStep(Step):
    """Remove low-frequency noise that the reference pixel correction left in ramps or rates.

    The difference of each group and the one before it, or each rate image, is cleaned by itself. Its background is
    subtracted; what is left in pixels without sources is noise. This is fitted by medians along the slow axis of the
    readout or in Fourier space, and subtracted from the whole image.

    With ``save_mask``, ``save_background`` and ``save_noise``, what was fitted is saved in products of their own, with
    suffixes ``mask``, ``flicker_bkg`` and ``flicker_noise``.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.flicker.flicker_noise`. An exposure that cannot be corrected is
    left as it is, with status FAILED.
    """

    class_alias = "clean_flicker_noise"
    spec = """
        autoparam = boolean(default=False)  # choose parameters of the fit after the data
        fit_method = option('fft', 'median', default='median')  # how the noise is fitted
        fit_by_channel = boolean(default=False)  # fit each amplifier by itself
        background_method = option('median', 'model', 'median_image', None, default='median')  # how the sky is fitted
        background_box_size = int_list(min=2, max=2, default=None)  # box of the background model
        mask_science_regions = boolean(default=False)  # leave known science regions out of the fit
        apply_flat_field = boolean(default=False)  # divide by the flat before the fit
        n_sigma = float(default=2.0)  # clip signal this far above the background
        fit_histogram = boolean(default=False)  # take the spread from a fit to the histogram
        single_mask = boolean(default=True)  # one mask for all integrations
        user_mask = string(default=None)  # file with a mask of the user's
        save_mask = boolean(default=False)  # save the mask
        save_background = boolean(default=False)  # save the background
        save_noise = boolean(default=False)  # save the noise
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("flat", "pastasoss")
    optional_references = ("flat", "pastasoss")
    input_types = ("RampModel", "ImageModel", "CubeModel", "IFUImageModel")
    required_keywords: ClassVar = {
        "DETECTOR": "instrument.detector",
        "EXP_TYPE": "exposure.type",
        "SUBARRAY": "subarray.name",
        "SLOWAXIS": "subarray.slowaxis",
    }

    def check_applies(self, exposure):
        """Only for exposure types that the method of the fit is made for."""
        check_type(exposure.meta.exposure.type, self.fit_method)

    def uses(self, exposure):
        """The flat to divide by, or for its flags; the traces of SOSS to mask them."""
        kind = exposure.meta.exposure.type
        masks = self.mask_science_regions and none_for_none(self.user_mask) is None
        used = {
            "flat": self.apply_flat_field or self.autoparam or (masks and kind in FLAT_TELLS_FIELD),
            "pastasoss": masks and kind in TRACES_TELL_SOURCES,
        }
        return tuple(reference for reference, is_used in used.items() if is_used)

    def inner_steps(self, exposure):
        """The fit of draft rates, for ramps; not where a mask is given, and nothing else follows from them.

        Those that find slits, where these are left out.
        """
        has_mask = none_for_none(self.user_mask) is not None
        needs_draft = not has_mask or self.autoparam or self.background_method == "median_image"
        scene = steps_of_scene(exposure, False) if self.mask_science_regions and not has_mask else ()
        light = brightness_steps(exposure) if self.background_method == "median_image" else ()
        return (*(draft_steps(exposure) if needs_draft else ()), *scene, *light)

    def process(self, exposure, references):
        """Clean the exposure.

        Raises
        ------
        SkipStep
            If it cannot be corrected; its status is then FAILED.
        InputError
            If the user's mask cannot be read.
        GpucalError
            If what was asked for takes a step that gpucal does not have yet.
        """
        choices = self.choices(exposure, references)
        flat = flat_of(exposure, references) if choices.apply_flat_field else None
        background_method = none_for_none(choices.background_method)
        user_mask = none_for_none(self.user_mask)
        with_scene = background_method == "median_image"
        draft = exposure
        if user_mask is None or with_scene:
            draft = draft_rates(exposure, references, per_integration=with_scene or not self.single_mask)
        if user_mask is None:
            science = None
            if self.mask_science_regions:
                flag_outside_field(draft, references)
                science = science_pixels(draft, references, steps_of_scene(draft, False))
            mask = self.mask(draft, flat, science, one_for_all=self.single_mask and not with_scene)
        else:
            mask = read_mask(expand(user_mask))
        check_shape(mask, exposure)
        scene = Scene.of(exposure, draft, flat, references) if with_scene else None
        recipe = Recipe(
            remove_noise=self.remover(exposure, choices.fit_by_channel),
            background=None if with_scene else background_method,
            box_size=self.background_box_size,
            n_sigma=self.n_sigma,
            flat=flat,
        )
        records = self.records(exposure.data)
        clean(exposure, mask, scene, recipe, records)
        self.save_beside(exposure, draft, mask, records)
        return exposure

    def choices(self, exposure, references):
        """The parameters as given or, with ``autoparam``, as the data suggest."""
        given = Choices(self.background_method, self.fit_by_channel, self.apply_flat_field)
        if not self.autoparam:
            return given
        automatic = automatic_choices(exposure, references, flat_of(exposure, references))
        if automatic is None:
            log.warning("There are no automatic parameters for %s", exposure.meta.exposure.type)
            return given
        log.info("Automatic parameters: %s", automatic._asdict())
        return automatic

    def mask(self, draft, flat, science, one_for_all):
        """The pixels of draft rates that show background."""
        rates = draft.data if flat is None else draft.data / flat
        mask = scene_mask(rates, science, self.n_sigma, self.fit_histogram)
        return mask.all(axis=0) if one_for_all and mask.ndim == 3 else mask

    def remover(self, exposure, by_channel):
        """The function that fits the noise of an image and removes it."""
        meta, shape = exposure.meta, exposure.data.shape[-2:]
        if self.fit_method == "fft":
            return fourier_remover(
                meta.instrument.detector.upper(), PASSBANDS.get(meta.subarray.name.upper(), DEFAULT_PASSBAND)
            )
        is_miri = meta.exposure.type.startswith("MIR")
        axis = 0 if is_miri else abs(meta.subarray.slowaxis) - 1
        if by_channel and (is_miri or meta.subarray.name.upper() != "FULL"):
            log.warning("fit_by_channel is for near-infrared full frames: it is not used")
            by_channel = False
        return median_remover(axis, CHANNELS.get(shape[axis], 1) if by_channel else 1)

    def records(self, data):
        """Arrays that collect the noise and the background, if they are to be saved; noise is NaN where data are."""
        return Records(
            noise=data - data if self.save_noise else None,
            background=array_namespace(data).zeros_like(data) if self.save_background else None,
        )

    def save_beside(self, exposure, draft, mask, records):
        """Save the mask, the background and the noise, those of them that the user asked for."""
        products = {
            "mask": beside(draft, mask.astype(np.float32)) if self.save_mask else None,
            "flicker_bkg": records.background,
            "flicker_noise": records.noise,
        }
        for suffix, product in products.items():
            if product is not None:
                product = product if suffix == "mask" else beside(exposure, product)
                self.save(product, suffix, output_file=exposure.source)


class Scene(NamedTuple):
    """An estimate of each integration without noise: one image, scaled.

    Attributes
    ----------
    median : (ny, nx) or (ngroups, ny, nx) float32 array
        The median of the integrations.
    brightness : (nints,) float32 array
        The factor for each integration.
    """

    median: np.ndarray
    brightness: np.ndarray

    @classmethod
    def of(cls, exposure, draft, flat, references):
        """The scene of an exposure, given its draft rates.

        Raises
        ------
        GpucalError
            If the brightness of integrations is one that gpucal cannot tell yet, or the header does not tell enough.
        SkipStep
            If there is one integration, or none has a brightness.
        """
        kind = exposure.meta.exposure.type
        if exposure.data.ndim < 3 or len(exposure.data) < 2:
            raise SkipStep("background_method = median_image takes several integrations", status="FAILED")
        if kind in LATER:
            raise GpucalError(f"{exposure.source}: background_method = median_image is not for {kind} yet")
        rates = draft.data if flat is None else draft.data / flat
        if steps := brightness_steps(exposure):
            brightness = series_brightness(draft, flat, steps, references)
        else:
            brightness = relative_brightness(rates)
        if brightness is None:
            raise SkipStep("no integration has a brightness to scale the median image by", status="FAILED")
        return cls(median_over_integrations(exposure.data if exposure.data.ndim == 4 else rates), brightness)

    def image(self, integration, group=None):
        """The image of an integration, or of one of its groups, without noise."""
        return self.brightness[integration] * (self.median if group is None else self.median[group])


def none_for_none(text):
    """None for the word ``none``, in capitals or not; any other text as it is."""
    return None if str(text).lower() == "none" else text


def check_type(kind, fit_method):
    """Raise if the step is not for exposures of this type."""
    kind = str(kind)
    if kind.startswith("MIR") and kind not in MIRI_TYPES:
        raise SkipStep(f"it is not for EXP_TYPE {kind}", status="FAILED")
    if fit_method == "fft" and kind not in FOURIER_TYPES:
        raise SkipStep(f"fit_method = fft is not for EXP_TYPE {kind}", status="FAILED")


def flat_of(exposure, references):
    """The flat field, without missing pixels; None if there is none."""
    reference = references["flat"]
    if reference is None:
        log.warning(
            "There is no flat for EXP_TYPE %s; override_flat can name one", exposure.meta.exposure.type
        )
        return None
    return fill_flat(reference.array("data", exposure))


def read_mask(path):
    """The mask of a file, on the backend.

    Raises
    ------
    InputError
        If the file holds no image or cube.
    """
    given = open_exposure(path)
    if given.model_type not in ("ImageModel", "CubeModel"):
        raise InputError(f"{path}: is of type {given.model_type}; a mask is of type ImageModel or CubeModel")
    return given.data.astype(bool)


def check_shape(mask, exposure):
    """Raise if a mask does not fit the data."""
    images = exposure.data.shape[-2:]
    expected = [images] if exposure.data.ndim == 2 else [images, (len(exposure.data), *images)]
    if exposure.data.ndim == 2 and mask.ndim == 3:
        expected = [(len(mask), *images)]
    if mask.shape not in expected:
        raise SkipStep(f"the mask has shape {mask.shape}, and {expected[-1]} is needed", status="FAILED")


def clean(exposure, mask, scene, recipe, records):
    """Clean an exposure in place, and log what could not be cleaned."""
    data = exposure.data
    if data.ndim == 4 and scene is None:
        failed = clean_ramp(data, exposure.groupdq, mask, recipe, records)
    elif data.ndim == 4:
        failed = [
            (integration, group)
            for integration in range(len(data))
            for group in clean_images(
                data[integration],
                partial(scene.image, integration),
                plane(mask, integration),
                recipe,
                records.of(integration),
            )
        ]
    else:
        cubes = Records(*(None if array is None else planes(array) for array in records))
        failed = clean_images(planes(data), scene and scene.image, mask, recipe, cubes)
    for place in failed:
        log.warning("The noise of integration, group %s could not be fitted: it stays", place)
