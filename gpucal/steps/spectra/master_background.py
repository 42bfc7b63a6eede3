"""The master_background step."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.core import SkipStep, Step
from gpucal.data import Exposure, InputError, Members, open_exposure
from gpucal.data.slits import slits_of
from gpucal.data.spectra import Spectra
from gpucal.steps.parts.calibration.master_backgrounds import (
    BackgroundSpectrum,
    ExpandedBackground,
    as_seen_by_point,
    background_of_file,
    background_product,
    expand_to_2d,
    expand_to_slices,
    odd_width,
    running_medians,
    subtract_from_slits,
)
from gpucal.steps.parts.calibration.slit_wavelengths import is_point
from gpucal.steps.spectra.combine_1d import Combine1dStep

log = logging.getLogger(__name__)

SHUTTERS, FIXED_SLIT, FIELD = "NRS_MSASPEC", "NRS_FIXEDSLIT", "NRS_IFU"
INTEGRAL_FIELD = "IFUImageModel"

# Exposures whose background spectra are those beside the source, as dedicated exposures of others are not.
ALWAYS_BESIDE = ("MIR_MRS",)


class SubtractBackground(NamedTuple):
    """An edit of an exposure: a background is subtracted from its spectra."""

    background: BackgroundSpectrum

    def __call__(self, exposure: Exposure) -> None:
        subtract_from_slits(slits_of(exposure), self.expanded(exposure))

    def expanded(self, exposure: Exposure) -> ExpandedBackground:
        """The background on the pixels of an exposure."""
        if exposure.model_type == INTEGRAL_FIELD:
            return expand_to_slices(exposure, self.background)
        slits, kind = slits_of(exposure), str(exposure.meta.exposure.type).upper()
        expanded = expand_to_2d(slits, self.background)
        kinds = [str(slit["meta.exposure.type"] or kind).upper() for slit in slits]
        for one, (begin, ny, nx) in zip(kinds, slits.windows, strict=True):
            if one == SHUTTERS:  # they have had their background in stage 2
                expanded.values[begin : begin + ny * nx] = 0
                expanded.is_outside[begin : begin + ny * nx] = False
        if exposure.model_type == "MultiSlitModel":
            points = [
                place
                for place, (one, slit) in enumerate(zip(kinds, slits, strict=True))
                if one == FIXED_SLIT and is_point(slit["source_type"])
            ]
            as_seen_by_point(slits, expanded, points)
        return expanded


class MasterBackgroundStep(Step):
    """Subtract one background, by wavelength, from all spectra of a product.

    It is the mean of the spectra (``x1d``) that the association has as backgrounds, or that of a file of the user. In
    slits of NIRSpec with a point source it is calibrated as that was. Exposures whose background was subtracted before
    are left as they are, unless ``force_subtract``; if some of several were, all of them are.

    Notes
    -----
    The shutters of NIRSpec have their background subtracted in stage 2.
    """

    class_alias = "master_background"
    spec = """
        median_kernel = integer(default=1)  # width of a running median over the background, elements
        user_background = string(default=None)  # file with a background of the user's, in place of those of members
        save_background = boolean(default=False)  # save the background, by wavelength and by pixel
        force_subtract = boolean(default=False)  # subtract it whatever was subtracted before
        output_use_model = boolean(default=True)  # name products after meta.filename of the model
    """
    over_members = True
    uses_other_members = True
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel", "IFUImageModel")

    def process(self, members, references):
        """Subtract the background.

        Raises
        ------
        SkipStep
            If a background was subtracted before, or there is none.
        """
        if members.is_one_exposure:
            members[0].meta.asn.exptype = None  # jwst tells it of the members of a product alone
        self.check_done(members)
        edit = SubtractBackground(self.background(members))
        for place in range(len(members)):
            if self.save_background:
                self.save_expanded(members, place, edit)
            members.edit(place, edit)
        return members

    def check_done(self, members: Members) -> None:
        """Skip exposures whose background was subtracted before."""
        statuses = [exposure.meta.cal_step for exposure in members]
        done = ["COMPLETE" in (status.bkg_subtract, status.master_background) for status in statuses]
        if self.force_subtract or not any(done):
            return
        if not all(done):
            log.warning("Of %d of %d exposures the background was subtracted before", sum(done), len(done))
        raise SkipStep("the background was subtracted before; force_subtract would do it again")

    def background(self, members: Members) -> BackgroundSpectrum:
        """That of the user, or the mean of those of the association."""
        if self.user_background is not None:
            for exposure in members:
                exposure.meta.background.master_background_file = Path(self.user_background).name
            return background_of_file(self.user_background)
        paths = members.membership.of_role("background")
        if not paths:
            raise SkipStep("there is no background, neither in an association nor of the user", status="FAILED")
        product = Combine1dStep().process(Members([background_spectra(path) for path in paths]), None)
        if (width := odd_width(self.median_kernel)) > 1:
            for name in ("SURF_BRIGHT", "FLUX"):
                table = product.spectra[0].table
                table[name] = running_medians(table[name], width)
        if self.save_background:
            self.save(product, "masterbg1d")
        return BackgroundSpectrum.of_table(product.spectra[0].table)

    def save_expanded(self, members: Members, place: int, edit: SubtractBackground) -> None:
        """Save the background on the pixels of one exposure."""
        with members.lease(place) as exposure:
            product = background_product(exposure, slits_of(exposure), edit.expanded(exposure))
        self.save(product, "masterbg2d", index=place if len(members) > 1 else None)


def background_spectra(path: Path) -> Spectra:
    """The spectra of a background member; of an exposure with a source, those beside it.

    Raises
    ------
    InputError
        If the file holds no spectra.
    """
    product = open_exposure(path)
    if not isinstance(product, Spectra):
        raise InputError(f"{path}: holds no spectra, and cannot be a background of stage 3; give its x1d product")
    kind = str(product.meta.exposure.type).upper()
    fills_field = kind == FIELD and str(product.spectra[0]["source_type"]).upper() == "EXTENDED"
    if product.meta.observation.bkgdtarg is False or kind in ALWAYS_BESIDE or fills_field:
        for spectrum in product.spectra:
            table = spectrum.table
            table["SURF_BRIGHT"], table["SB_ERROR"] = table["BACKGROUND"], table["BKGD_ERROR"]
            table["BACKGROUND"] = table["BKGD_ERROR"] = np.zeros(len(table))
    return product
