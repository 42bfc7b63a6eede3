"""The wfss_contam step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import Exposure, InputError
from gpucal.data.slits import Slits, detached
from gpucal.steps.parts.coordinates.open_slits import check_cut_out
from gpucal.steps.parts.grism_types import FIELD_TYPES

log = logging.getLogger(__name__)

# How keywords of times that stand with the pixels are called in metadata.
_TIMES = ("_time_mjd", "_time_tdb", "effective_exposure_time")


class WfssContamStep(Step):
    """Subtract the light of other sources from the spectra of fields without slits.

    Each pixel of each segment of the direct image is dispersed, with a flat spectrum, in all orders; what falls on the
    box of a spectrum from other sources is subtracted. With ``polyfit_degree`` the spectra of sources are fitted by
    polynomials, the brightest first. Errors stay as they are. Spectra of sources that the segmentation map lacks are
    left out.

    Notes
    -----
    Source: the wfss_contam page of the JWST pipeline documentation,
    https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
    """

    class_alias = "wfss_contam"
    spec = """
        save_simulated_image = boolean(default=False)  # save the simulated image, and its part in each box
        save_contam_images = boolean(default=False)  # save the light of others in each box
        maximum_cores = string(default='1')  # all cores are used, whatever this says
        skip = boolean(default=True)  # leave the step out
        orders = list(default=None)  # spectral orders that are dispersed; by default all that the references have
        magnitude_limit = float(default=None)  # the faintest source that is dispersed, AB magnitude in order 1
        wl_oversample = integer(default=2)  # wavelengths for each pixel along the dispersion
        max_pixels_per_chunk = integer(default=5000)  # pixels of the direct image that are dispersed together
        polyfit_degree = integer(default=None)  # degree of the polynomials of spectra; None leaves them flat
        n_iterations = integer(default=1)  # how often these are fitted
        l2_alpha = float(default=0.1)  # ridge of the fit
        rejection_threshold = float(default=0.1)  # how far the mean of a spectrum may be from that of the direct image
    """
    reference_file_types = ("photom", "wavelengthrange")
    input_types = ("MultiSlitModel",)

    def check_applies(self, exposure):
        """Skip exposures of other types."""
        if str(exposure.meta.exposure.type).upper() not in FIELD_TYPES:
            raise SkipStep(f"exposures of type {exposure.meta.exposure.type} are no fields of spectra")

    def process(self, exposure, references):
        """Subtract the light of others.

        Raises
        ------
        SkipStep
            If no order can be simulated, or no source is bright enough.
        GpucalError
            If a parameter is out of its limits, or the files of the direct image cannot be used.
        """
        from gpucal.steps.parts.slitless.contamination import contamination
        from gpucal.steps.parts.slitless.direct_light import direct_light
        from gpucal.steps.parts.slitless.simulated_orders import simulated_orders
        from gpucal.steps.parts.slitless.simulation import simulate

        check_cut_out(exposure)
        self.check_parameters()
        slits = exposure.slits
        wcs, shape = slits[0].get_wcs(), detector_shape(exposure)
        orders = simulated_orders(exposure, wcs, references, self)
        light = direct_light(exposure, wcs)
        simulation = simulate(light, orders, wcs, shape, slits[0]["meta.wcsinfo.dispersion_direction"], self)
        known = np.unique(light.label).tolist()
        kept = slits.part([number for number, slit in enumerate(slits) if slit["source_id"] in known])
        if len(kept) < len(slits):
            missing = {str(slit["source_id"]): None for slit in slits if slit["source_id"] not in known}
            log.warning("The segmentation map has no source %s: their spectra are left out", ", ".join(missing))
        if not len(kept):
            raise SkipStep("the segmentation map has no source of any of the spectra", "FAILED")
        found = contamination(kept, simulation, shape, self)
        data = kept.packed("data")
        data -= found.others
        if self.save_simulated_image:
            image = exposure.blank("ImageModel", data=found.image.astype(np.float32))
            self.save(without_times(image), "simul")
            simulated = [number for number, place in enumerate(found.which) if place >= 0]
            self.save(with_plane(exposure, kept, found.own, simulated), "simul_slits")
        if self.save_contam_images:
            self.save(with_plane(exposure, kept, found.others), "contam")
        result = exposure if len(kept) == len(slits) else exposure.with_slits(kept)
        return without_keywords_of_pixels(result) if as_peer() else result

    def check_parameters(self) -> None:
        """See that parameters can be used.

        Raises
        ------
        GpucalError
            If one cannot.
        """
        least = {"wl_oversample": 1, "max_pixels_per_chunk": 1, "n_iterations": 1, "polyfit_degree": 1, "l2_alpha": 0}
        for name, limit in least.items():
            value = getattr(self, name)
            if value is not None and not value >= limit:
                raise GpucalError(f"{name} is {value}; it has to be {limit} or more")
        if self.n_iterations > 1 and self.polyfit_degree is None:
            log.warning("n_iterations is %d, and there is nothing to fit without polyfit_degree", self.n_iterations)


def detector_shape(exposure: Exposure) -> tuple[int, int]:
    """Rows and columns of the image that spectra were cut out of.

    Raises
    ------
    InputError
        If the header does not tell, or a spectrum reaches beyond.
    """
    ny, nx = exposure.meta.subarray.ysize, exposure.meta.subarray.xsize
    if None in (ny, nx):
        raise InputError(f"{exposure.source}: the header lacks SUBSIZE1 or SUBSIZE2, the size of the detector")
    for slit in exposure.slits:
        if slit["ystart"] - 1 + slit["ysize"] > ny or slit["xstart"] - 1 + slit["xsize"] > nx:
            raise InputError(f"{exposure.source}: the spectrum of source {slit.name} reaches beyond the {ny} rows and "
                             f"{nx} columns that SUBSIZE2 and SUBSIZE1 tell")  # fmt: skip
    return ny, nx


def with_plane(exposure: Exposure, slits: Slits, plane, numbers=None) -> Exposure:
    """An exposure of slits with other pixels, and what is told of each; of all slits, or of some.

    Parameters
    ----------
    exposure : Exposure
        With the metadata.
    slits : Slits
    plane : 1-D array
        On the backend: the pixels of all slits, packed.
    numbers : sequence of int, optional
        The slits that are kept.
    """
    made = Slits.of_trees(detached([_told_of_pixels(slit.values) for slit in slits]))
    made.set_packed("data", plane.astype(np.float32), [slit.shape_of("data") for slit in slits])
    return without_times(exposure.with_slits(made if numbers is None else made.part(numbers)))


def _told_of_pixels(values: dict) -> dict:
    """The values of a slit but for what is not of its pixels: errors, coordinates, the source."""
    meta = {name: value for name, value in values["meta"].items() if name not in ("wcs", "bunit_err")}
    return {**{name: value for name, value in values.items() if name != "is_extended"}, "meta": meta}


def without_times(product: Exposure) -> Exposure:
    """A product without the keywords of an exposure that stand with its pixels: a simulated one was not exposed."""
    exposure, aberration = (product.kept_meta.get(name, {}) for name in ("exposure", "velocity_aberration"))
    for name in [one for one in exposure if one.endswith(_TIMES)]:
        del exposure[name]
    aberration.pop("scale_factor", None)
    return product


def without_keywords_of_pixels(result: Exposure) -> Exposure:
    """What jwst 3.0.0 leaves of the metadata: the times of the exposure and the unit of its pixels are lost."""
    for name in ("bunit_data", "bunit_err"):
        result.kept_meta.pop(name, None)
    return without_times(result)
