"""The flat_field step."""

import logging

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import Exposure
from gpucal.data.reading import expand
from gpucal.kernels.images.flat_field import (
    add_variance,
    divide_by_flat,
    multiply_by_flat,
    spread_nan,
    usable_flat,
)
from gpucal.kernels.images.flat_rates import Flat, Rates, flat_field_rates
from gpucal.reference import Reference

log = logging.getLogger(__name__)


GUIDE_STAR_RATES = "GuiderCalModel"

# Exposures of NIRSpec whose flat field depends on the wavelength.
WAVELENGTH_TYPES = (
    "NRS_FIXEDSLIT", "NRS_BRIGHTOBJ", "NRS_MSASPEC", "NRS_IFU", "NRS_AUTOFLAT", "NRS_AUTOWAVE", "NRS_LAMP",
)  # fmt: skip


class FlatFieldStep(Step):
    """Divide by the flat field, and add its uncertainty to the errors.

    Of images, of integrations, of spectra of MIRI, and of guide star data; not yet of spectra of NIRSpec. The flags of
    the flat are added to DQ; pixels without a usable flat keep their rates. The variance that the flat adds is kept as
    ``var_flat``. With ``save_interpolated_flat``, the reference is saved in a product of its own, with suffix
    ``interpolatedflat``.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.images.flat_rates`, of guide star data in
    `gpucal.kernels.images.flat_field`.
    """

    class_alias = "flat_field"
    spec = """
        save_interpolated_flat = boolean(default=False)  # save the flat, too
        user_supplied_flat = string(default=None)  # file with a flat of the user's, in place of all references
        inverse = boolean(default=False)  # multiply by the flat: undo the division
    """
    input_types = ("ImageModel", "CubeModel", "SlitModel", GUIDE_STAR_RATES)
    reference_file_types = ("fflat", "sflat", "dflat", "flat")
    optional_references = ("fflat", "sflat", "dflat")

    def uses(self, exposure):
        """None where the user gives a flat."""
        return self.reference_file_types if self.user_supplied_flat is None else ()

    def process(self, exposure, references):
        """Flat-field rates.

        Raises
        ------
        SkipStep
            If the flat is smaller than the exposure.
        GpucalError
            If the flat field of such exposures depends on the wavelength.
        """
        if str(exposure.meta.exposure.type).upper() in WAVELENGTH_TYPES:
            raise GpucalError(f"{exposure.source}: spectra of NIRSpec are not flat-fielded yet")
        flat = self.flat_of(exposure, references)
        correct = correct_guide_star_rates if exposure.model_type == GUIDE_STAR_RATES else correct_rates
        correct(exposure, flat, self.inverse)
        if self.save_interpolated_flat:
            used = usable_flat(flat.array("data", exposure), flat.array("dq", exposure))
            self.save(flat_product(flat, *used, exposure.source), "interpolatedflat")
        return exposure

    def flat_of(self, exposure, references) -> Reference:
        """The user's flat, or that of the references."""
        if self.user_supplied_flat is not None:
            flat = Reference("flat", expand(self.user_supplied_flat))
            exposure.meta.ref_file.flat.name = flat.meta.filename
            log.info("Flat of the user: %s; flat references are not used", flat.path)
        else:
            flat = [references[kind] for kind in self.reference_file_types][-1]
        sizes = zip(flat.model.data.shape[-2:], exposure.data.shape[-2:], strict=True)
        if any(its < needed for its, needed in sizes):
            raise SkipStep(f"the flat {flat.label} is smaller than the exposure")
        return flat


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
