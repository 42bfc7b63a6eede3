"""The flat_field step."""

import logging

from gpucal.core import SkipStep, Step
from gpucal.data import Exposure
from gpucal.data.reading import expand
from gpucal.data.slits import slits_of
from gpucal.kernels.images.flat_field import (
    add_variance,
    divide_by_flat,
    multiply_by_flat,
    spread_nan,
    usable_flat,
)
from gpucal.kernels.images.flat_rates import Flat, Rates, flat_field_rates
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.calibration.slit_flats import (
    apply_flats,
    calculated_flats,
    flats_product,
    users_flats,
)
from gpucal.steps.parts.calibration.spectral_flats import KINDS
from gpucal.steps.parts.coordinates.open_slits import check_cut_out

log = logging.getLogger(__name__)

GUIDE_STAR_RATES = "GuiderCalModel"

# What a header says of a reference that a mode has no use for.
NOT_USED = "N/A"

# Exposures of NIRSpec whose flat field depends on the wavelength; those of lamps may be images, too.
SLIT_TYPES = ("NRS_FIXEDSLIT", "NRS_BRIGHTOBJ", "NRS_MSASPEC", "NRS_AUTOWAVE", "NRS_LAMP")
NO_SLITS = "IMAGE"

# Those whose slits are the slices of the integral field unit; those of lamps tell it by their mode.
IFU_TYPES = ("NRS_IFU",)
LAMP_TYPES, IFU_LAMP = ("NRS_AUTOWAVE", "NRS_LAMP"), "IFU"

# Exposures of NIRSpec that are images.
NIRSPEC_IMAGES = (
    "NRS_CONFIRM", "NRS_FOCUS", "NRS_IMAGE", "NRS_MIMF", "NRS_MSATA", "NRS_TACONFIRM", "NRS_TACQ", "NRS_TASLIT",
    "NRS_WATA",
)  # fmt: skip


class FlatFieldStep(Step):
    """Divide by the flat field, and add its uncertainty to the errors.

    Of images, of integrations, of guide star data, of spectra of MIRI, and of the slits and slices of NIRSpec. The
    flags of the flat are added to DQ; pixels without a usable flat keep their rates, but in an integral field. The
    variance that the flat adds is kept as ``var_flat``. With ``save_interpolated_flat``, the flat is saved in a product
    of its own, with suffix ``interpolatedflat``: the reference or, of slits, what was put together for the wavelengths
    of their pixels.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.images.flat_rates`, of guide star data in
    `gpucal.kernels.images.flat_field`, of slits in `gpucal.kernels.spectra.flat_components`.
    """

    class_alias = "flat_field"
    spec = """
        save_interpolated_flat = boolean(default=False)  # save the flat, too
        user_supplied_flat = string(default=None)  # file with a flat of the user's, in place of all references
        inverse = boolean(default=False)  # multiply by the flat: undo the division
    """
    input_types = ("ImageModel", "CubeModel", "MultiSlitModel", "SlitModel", "IFUImageModel", GUIDE_STAR_RATES)
    reference_file_types = (*KINDS, "flat")
    optional_references = KINDS

    def check_applies(self, exposure):
        """Skip exposures of NIRSpec that are of no known kind."""
        kind = str(exposure.meta.exposure.type).upper()
        known = (*SLIT_TYPES, *IFU_TYPES, *NIRSPEC_IMAGES)
        if str(exposure.meta.instrument.name).upper() == "NIRSPEC" and kind not in known:
            raise SkipStep(f"exposures of type {kind} are not flat-fielded")

    def uses(self, exposure):
        """None where the user gives a flat; of spectra of NIRSpec three components."""
        if self.user_supplied_flat is not None:
            return ()
        return KINDS if has_slits(exposure) or has_slices(exposure) else self.reference_file_types

    def process(self, exposure, references):
        """Flat-field rates.

        Raises
        ------
        SkipStep
            If the flat is smaller than the exposure.
        ReferenceFileError
            If it has no values.
        GpucalError
            If slits of the exposure were not cut out, or slices have no coordinates.
        """
        if has_slices(exposure):
            self.correct_slices(exposure, references)
            return exposure
        if has_slits(exposure):
            self.correct_slits(exposure, references)
            return exposure
        flat = self.flat_of(exposure, references)
        correct = correct_guide_star_rates if exposure.model_type == GUIDE_STAR_RATES else correct_rates
        correct(exposure, flat, self.inverse)
        if self.save_interpolated_flat:
            used = usable_flat(flat.array("data", exposure), flat.array("dq", exposure))
            self.save(flat_product(flat, *used, exposure.source), "interpolatedflat")
        return exposure

    def correct_slits(self, exposure, references) -> None:
        """Flat-field the slits of NIRSpec."""
        check_cut_out(exposure)
        name = NOT_USED
        if self.user_supplied_flat is not None:
            product, flats = users_flats(self.user_supplied_flat, exposure)
            name = product.meta.filename
            log.info("Flat of the user: %s; flat references are not used", self.user_supplied_flat)
        else:
            flats = calculated_flats(exposure, {kind: references[kind] for kind in KINDS})
            product = flats_product(exposure, flats) if self.save_interpolated_flat else None
        exposure.meta.ref_file.flat.name = name
        apply_flats(slits_of(exposure), flats, self.inverse)
        if self.save_interpolated_flat:
            self.save(product, "interpolatedflat")

    def correct_slices(self, exposure, references) -> None:
        """Flat-field the integral field of NIRSpec."""
        from gpucal.steps.parts.calibration import ifu_flats  # of no use to others

        name = NOT_USED
        if self.user_supplied_flat is not None:
            product, flat = ifu_flats.users_flat(self.user_supplied_flat, exposure)
            name = product.meta.filename
            log.info("Flat of the user: %s; flat references are not used", self.user_supplied_flat)
        else:
            flat = ifu_flats.calculated_flat(exposure, {kind: references[kind] for kind in KINDS})
            product = ifu_flats.flat_product(exposure, flat) if self.save_interpolated_flat else None
        exposure.meta.ref_file.flat.name = name
        ifu_flats.apply_flat(exposure, flat, self.inverse)
        if self.save_interpolated_flat:
            self.save(product, "interpolatedflat")

    def flat_of(self, exposure, references) -> Reference:
        """The user's flat, or that of the references."""
        if self.user_supplied_flat is not None:
            flat = Reference("flat", expand(self.user_supplied_flat))
            exposure.meta.ref_file.flat.name = flat.path.name
            log.info("Flat of the user: %s; flat references are not used", flat.path)
        else:
            flat = [references[kind] for kind in self.reference_file_types][-1]
        if flat.model.data is None:
            raise ReferenceFileError(f"flat reference {flat.label}: has no values (SCI)")
        sizes = zip(flat.model.data.shape[-2:], exposure.data.shape[-2:], strict=True)
        if any(its < needed for its, needed in sizes):
            raise SkipStep(f"the flat {flat.label} is smaller than the exposure")
        return flat


def has_slits(exposure) -> bool:
    """Whether the flat field of an exposure is that of slits, and depends on the wavelength."""
    is_image = str(exposure.meta.instrument.lamp_mode).upper() == NO_SLITS
    return str(exposure.meta.exposure.type).upper() in SLIT_TYPES and not is_image


def has_slices(exposure) -> bool:
    """Whether the flat field of an exposure is that of the slices of the integral field of NIRSpec."""
    kind, mode = (str(one).upper() for one in (exposure.meta.exposure.type, exposure.meta.instrument.lamp_mode))
    return kind in IFU_TYPES or (kind in LAMP_TYPES and mode == IFU_LAMP and exposure.model_type == "IFUImageModel")


def correct_rates(exposure: Exposure, flat: Reference, inverse: bool) -> None:
    """Flat-field images, or integrations."""
    rates = Rates(*(getattr(exposure, name) for name in Rates._fields))
    field = Flat(*(flat.array(name, exposure) for name in Flat._fields))
    exposure.var_flat = flat_field_rates(rates, field, inverse)


def correct_guide_star_rates(exposure: Exposure, flat: Reference, inverse: bool) -> None:
    """Flat-field guide star rates, which have no variances, and flags of the detector alone."""
    flat_data, flat_dq = usable_flat(flat.array("data", exposure), flat.array("dq", exposure))
    if inverse:
        exposure.var_flat = multiply_by_flat(exposure.data, flat_data)
    else:
        exposure.var_flat = divide_by_flat(exposure.data, flat_data, flat.array("err", exposure))
        add_variance(exposure.err, exposure.var_flat)
    exposure.dq |= flat_dq
    spread_nan(exposure.data, exposure.err, exposure.var_flat)


def flat_product(flat, flat_data, flat_dq, source) -> Exposure:
    """The reference as a product: all of it, with what was divided by where that is all of it."""
    product = Exposure(flat.model.copy(), source)
    if product.data.shape == flat_data.shape:
        product.data, product.dq = flat_data, flat_dq
    return product
