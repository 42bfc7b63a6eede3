"""The resample_spec step."""

import logging
from contextlib import ExitStack

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import Members
from gpucal.data.blending import blend
from gpucal.data.slits import LISTS, Slits, slits_of
from gpucal.steps.parts.alike import check_alike
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.mosaics.mosaic import COMBINED, DRIZZLED, Mosaic, fill_value
from gpucal.steps.parts.mosaics.mosaic_keywords import times_of, write_times
from gpucal.steps.parts.mosaics.slit_drizzling import SlitDrizzling, SlitImage
from gpucal.steps.parts.mosaics.slit_output import OutputOptions, output_of
from gpucal.steps.parts.mosaics.slit_products import (
    SQUARE_RADIAN,
    place_in,
    region_of,
    resampled_slit,
    slit_region,
    wavelengths_in,
)
from gpucal.steps.parts.mosaics.slit_sources import sources_of
from gpucal.wcs.slit_grids import NoGridError
from gpucal.wcs.slit_scale import is_on_sky

log = logging.getLogger(__name__)

LIMITS = {
    "pixfrac": (0, 1),
    "output_shape": (1, 1_000_000_000),
    "pixel_scale_ratio": (0.01, 1e6),
    "pixel_scale": (0.001, 1e6),
}


class ResampleSpecStep(Step):
    """Resample spectra of slits to pixels that lie along wavelength and along the slit.

    All spectra of a source are combined: those of one exposure, or those of all members of a product. Flagged pixels
    (DO_NOT_USE, NON_SCIENCE) have no weight. The product has the data, their wavelengths, weight, error and variances,
    and which exposures contributed to each pixel.

    Notes
    -----
    The grids are those of `gpucal.wcs.slit_grids`, and pixels are drizzled as those of images are. A slit without
    coordinates is left out, with a warning.
    """

    class_alias = "resample_spec"
    status_name = "resample"
    over_members = True
    suffix_in_pipeline = "s2d"
    spec = """
        pixfrac = float(min=0.0, max=1.0, default=1.0)  # fraction of its sides that a pixel is shrunken to
        kernel = option('square', 'point', default='square')  # how a pixel is spread
        fillval = string(default='NAN')  # value of pixels without data: a number, NAN or INDEF
        weight_type = option('ivm', 'exptime', None, default='ivm')  # by 1 / VAR_RNOISE, by time, or all alike
        output_shape = int_list(min=2, max=2, default=None)  # columns and rows of the coordinates in output_wcs
        pixel_scale_ratio = float(default=1.0)  # side of an input pixel along the slit over that of an output pixel
        pixel_scale = float(default=None)  # side of an output pixel along the slit, arcsec, in place of the ratio
        output_wcs = string(default='')  # ASDF file with the coordinates of the product, in place of those above
        single = boolean(default=False)  # resample each exposure by itself, all to the same pixels
        blendheaders = boolean(default=True)  # combine the headers, and keep each of them in a table
        in_memory = boolean(default=True)  # read for jwst's sake: spectra are small
        propagate_dq = boolean(default=False)  # keep the flags of all pixels that contributed
    """
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel")

    def process(self, members, references):
        """Resample the spectra of a product.

        Raises
        ------
        SkipStep
            If they are series of integrations.
        GpucalError
            If parameters are out of their limits, exposures cannot be combined, or no spectrum has coordinates.
        """
        check_alike(members)
        check_limits(self, LIMITS)
        if self.output_shape and not self.output_wcs:
            log.warning("output_shape is used with output_wcs alone: spectra decide on the shape of their own pixels")
        with ExitStack() as leases:
            exposures = [leases.enter_context(members.lease(place)) for place in range(len(members))]
            shapes = [slit.shape_of("data") for exposure in exposures for slit in slits_of(exposure)]
            if any(len(shape) != 2 for shape in shapes):
                raise SkipStep("series of integrations are not resampled")
            if members[0].model_type in LISTS:
                return self.resampled_slits(members, exposures)
            return self.resampled_source(members, exposures)

    def resampled_slits(self, members, exposures):
        """A product with a slit for each source of exposures that have several."""
        made, ratio = [], None
        for images in sources_of(exposures):
            try:
                drizzled, output = self.drizzled(images)
            except NoGridError as reason:
                log.warning("%s is left out: %s", images[0].source, reason)
                continue
            ratio = ratio or output.pixels.ratio
            for own, arrays in zip(self.groups(images), drizzled, strict=True):
                taken = first_of_each_group([image.exposure for image in own])
                slit = resampled_slit(own[0], output, arrays)
                slit.values["meta"] |= {"resample": self.resampling(len(taken), output.pixels.ratio)}
                slit.values["meta"].setdefault("exposure", {}).update(times_of(taken))
                slit["meta.cal_step.resample"] = "COMPLETE"
                made.append(slit)
        if not made:
            raise GpucalError(f"{members.source}: no slit has wavelengths and places on the sky; run assign_wcs on it")
        product = members.blank("MultiSlitModel").with_slits(Slits(made))
        how = self.resampling(1, ratio)
        for name in ("pixel_scale_ratio", "pixfrac"):
            setattr(product.meta.resample, name, how[name])
        return product

    def resampled_source(self, members, exposures):
        """A product of exposures of one source, or one for each of them."""
        images = [SlitImage(slits_of(exposure)[0], exposure) for exposure in exposures]
        drizzled, output = self.drizzled(images)
        places = self.groups(range(len(images)))
        products = [
            self.described(members, own, images, output, arrays) for own, arrays in zip(places, drizzled, strict=True)
        ]
        return Members(products) if len(products) > 1 else products[0]

    def groups(self, items):
        """What is combined: all, or each by itself."""
        return [[one] for one in items] if self.single else [list(items)]

    def drizzled(self, images):
        """The arrays of all spectra of a source together, or of each, and the pixels that they lie on."""
        options = OutputOptions(self.pixel_scale_ratio, self.pixel_scale, self.output_wcs, self.output_shape)
        output = output_of(images, options)
        drizzling = SlitDrizzling.onto(output.pixels, self.kernel, self.pixfrac, self.weight_type)
        return [self.mosaic(group, drizzling) for group in self.groups(images)], output

    def mosaic(self, images, drizzling) -> dict:
        """The arrays of some spectra."""
        made = Mosaic(
            drizzling,
            len(images),
            DRIZZLED if self.single else COMBINED,
            with_flags=self.propagate_dq,
            with_correlation=False,
        )
        for image in images:
            made.add(image, None)
        return made.arrays(fill_value(self.fillval))

    def resampling(self, pointings: int, ratio: float) -> dict:
        """How it was resampled, by the names in the metadata tree ``meta.resample``."""
        return {
            "pointings": pointings,
            "pixel_scale_ratio": self.pixel_scale_ratio if self.pixel_scale is None else ratio,
            **{name: getattr(self, name) for name in ("pixfrac", "kernel", "fillval", "weight_type")},
        }

    def described(self, members, places, images, output, arrays: dict):
        """A product of these arrays, and its header."""
        chosen = Members([members[place] for place in places], members.membership)
        chosen.is_one_exposure = members.is_one_exposure
        wcs, world = output.pixels.wcs, output.pixels.world()
        product = chosen.blank("SlitModel", **arrays, wavelength=wavelengths_in(world))
        meta = product.meta
        if self.blendheaders and not members.is_one_exposure:
            blend(product.model, [member.model for member in chosen])
        write_times(meta, chosen, chosen.groups)
        for name, value in self.resampling(len(chosen.groups), output.pixels.ratio).items():
            setattr(meta.resample, name, value)
        meta.background.level = meta.background.subtracted = None
        meta.photometry.pixelarea_steradians = output.area
        meta.photometry.pixelarea_arcsecsq = None if output.area is None else output.area * SQUARE_RADIAN
        product.set_wcs(wcs.to_tree())
        if meta.exposure.type == "MIR_LRS-FIXEDSLIT" and is_on_sky(wcs):
            meta.wcsinfo.s_region = slit_region(members.meta.wcsinfo.s_region, output, world, members[0].source)
            if (place := place_in(output, images[0])) is not None:
                product.source_xpos, product.source_ypos = place
        else:
            meta.wcsinfo.s_region, meta.wcsinfo.spectral_region = region_of(world, wcs)
        return product


def first_of_each_group(exposures) -> list:
    """One exposure of each group of those that were taken at the same time."""
    return [exposures[group[0]] for group in Members(exposures).groups]
