"""Stage 3 of series: from calibrated integrations to light curves."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from gpucal.core import GpucalError, Pipeline
from gpucal.core.run.results import save_results
from gpucal.data import Exposure, InputError, Members, TableProduct
from gpucal.data.spectra import Spectra
from gpucal.errors import OutOfMemory
from gpucal.names.steps import STEPS as ALL_STEPS
from gpucal.steps.parts.alike import check_alike
from gpucal.steps.parts.light_curves.segments import joined
from gpucal.steps.parts.series import is_time_series

log = logging.getLogger(__name__)

STEPS = (
    "outlier_detection", "tso_photometry", "adaptive_trace_model", "pixel_replace", "extract_1d", "photom",
    "white_light",
)  # fmt: skip

# Steps that are left out unless the user asks for them.
OPTIONAL = ("adaptive_trace_model", "pixel_replace")

IMAGE_TYPES = ("NRC_TSIMAGE", "MIR_IMAGE")
OF_IMAGES = ("outlier_detection", "tso_photometry")
OF_SPECTRA = ("outlier_detection", *OPTIONAL, "extract_1d", "white_light")

# What is done to series of a type; spectra of SOSS are brought to fluxes after they are extracted.
BY_TYPE = {
    **dict.fromkeys(IMAGE_TYPES, OF_IMAGES),
    "NIS_SOSS": ("outlier_detection", *OPTIONAL, "extract_1d", "photom", "white_light"),
}


class Tso3Pipeline(Pipeline):
    """Make the light curves of a series: flag outliers, and measure the light of each integration.

    The members are exposures of a series, or the segments that a long one came in. Products: ``crfints``, the
    integrations with their outliers flagged; of images ``phot``, a table with a row for each integration; of spectra
    ``x1dints``, the spectra of all integrations, and ``whtlt``, a table of their light. A member that cannot be used is
    told and left out, and the run ends with an error when all products of the others are saved.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_tso3.html.
    """

    class_alias = "calwebb_tso3"
    spec = ""
    over_members = True
    goes_on_without_bad_members = True
    stage = 3
    input_types = ("CubeModel", "SlitModel")
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "EXP_TYPE": "exposure.type"}
    product_steps = ("outlier_detection", "white_light")
    steps_save_all = True
    step_defs: ClassVar = {name: ALL_STEPS[name].load() for name in STEPS}

    def order(self, members: Members) -> tuple[str, ...]:
        """The names of the steps for the exposures, in order; the first exposure tells of which type they are."""
        return BY_TYPE.get(str(members.meta.exposure.type).upper(), OF_SPECTRA)

    def process(self, members: Members, references) -> TableProduct | Spectra | None:
        """Make light curves.

        Returns
        -------
        TableProduct, Spectra or None
            Of images the table of all integrations; of spectra these; None where there are none.

        Raises
        ------
        InputError
            If the exposures are no series, or not calibrated.
        GpucalError
            After products are saved, if a member could not be used.
        """
        check_series(members)
        check_alike(members)
        for exposure in members:
            exposure.kept_meta.pop("group_id", None)  # jwst tells it of exposures alone that it combines
        members = self.run_step("outlier_detection", members, references)
        lost = list(members.lost)
        if "tso_photometry" in self.order(members):
            product = self.photometry(members, references, lost)
        else:
            product = self.spectra(members, references, lost)
        if lost and self.saves:
            raise GpucalError(
                f"{members.name}: {len(lost)} exposures of the series could not be used, as told above: "
                f"{', '.join(lost)}; the products that are saved are those of the others"
            )
        return product

    def photometry(self, members: Members, references, lost: list[str]) -> TableProduct | None:
        """The table of all integrations of images; members that cannot be measured are added to the lost."""

        def measured(exposure: Exposure):
            made = self.run_beside("tso_photometry", exposure, references, saves=False)
            if made is not None and self.tso_photometry.saves:
                self.tso_photometry.save(made, output_file=exposure.source)
            return made

        tables = of_each(members, measured, lost)
        if not tables:
            log.warning("%s: there is no light curve", members.name)
            return None
        product = named_after(members, TableProduct(stacked([one.table for one in tables]), members[0]))
        if self.saves:
            self.save(product, "phot")
        return product

    def spectra(self, members: Members, references, lost: list[str]) -> Spectra | None:
        """The spectra of all integrations, and their light; members that cannot be extracted are added to the lost."""

        def extracted(exposure: Exposure):
            made = self.run_beside("extract_1d", self.prepared(exposure, references), references)
            return made and (
                self.run_step("photom", made, references) if "photom" in self.order(members) else made
            )

        spectra = of_each(members, extracted, lost)
        if not spectra:
            log.warning(
                "%s: no integration could be extracted: there are no spectra, and no light curve",
                members.name,
            )
            return None
        product = named_after(members, joined(spectra, members))
        if self.saves:
            self.save(product, "x1dints")
        curves = self.run_beside("white_light", product, references, saves=False)
        if curves is not None:
            save_results(self.white_light, TableProduct(stacked([curves.table]), curves))
        return product

    def prepared(self, exposure: Exposure, references) -> Exposure:
        """What is extracted: the exposure or, if pixels are to be estimated, a copy of it with those."""
        wanted = [name for name in OPTIONAL if not getattr(self, name).skip]
        for name in set(OPTIONAL).difference(wanted):
            setattr(exposure.meta.cal_step, name, "SKIPPED")
        return self.run_steps(wanted, exposure.copy(), references) if wanted else exposure


def check_series(members: Members) -> None:
    """See that exposures are series that went through stage 2.

    Raises
    ------
    InputError
        If one is no series, or has no world coordinates.
    """
    for exposure in members:
        if not is_time_series(exposure) or len(exposure.shape_of("data") or ()) != 3:
            nints = exposure.meta.exposure.nints
            raise InputError(
                f"{exposure.source}: is no time series: calwebb_tso3 takes integrations (calints) of visits with "
                f"TSOVISIT = T, or of exposures that are series by their type; this is of type "
                f"{exposure.meta.exposure.type}, TSOVISIT {exposure.meta.visit.tsovisit}, NINTS {nints}"
            )
        if exposure.meta.cal_step.assign_wcs in (None, "SKIPPED"):
            raise InputError(
                f"{exposure.source}: has no world coordinates: calwebb_tso3 takes what stage 2 makes (calints); run "
                "calwebb_image2 or calwebb_spec2 on it first"
            )


def of_each(members: Members, work: Callable[[Exposure], Exposure | None], lost: list[str]) -> list[Exposure]:
    """What comes of each member; what fails for one of several is told, and its name added to the lost.

    Raises
    ------
    GpucalError
        If it fails for the only one, or for all.
    """
    made, failed = [], []
    for place in range(len(members)):
        with members.lease(place, keep=False) as exposure:
            try:
                one = work(exposure)
            except OutOfMemory:  # all is done once more, where there is more room
                raise
            except GpucalError as error:
                failed.append(exposure.source)
                if len(failed) == len(members):
                    raise
                log.error("%s", error)
                continue
        if one is not None:
            made.append(one)
    lost += failed
    return made


def stacked(tables: list):
    """The rows of several tables as one, which tells how many integrations it has."""
    from astropy.table import vstack

    table = vstack(tables, metadata_conflicts="silent")
    table.meta["number_of_integrations"] = len(table)
    return table


def named_after(members: Members, product: Exposure) -> Exposure:
    """A product of all members, under the name of theirs."""
    product.source = members.name
    product.membership = replace(members.membership, product=members.name, is_alone=True)
    return product
