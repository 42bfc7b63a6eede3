"""Stage 3 of interferometry: from calibrated exposures to the fringes of a star, without those of the instrument."""

import logging
from dataclasses import replace
from typing import ClassVar

from gpucal.as_peer import as_peer
from gpucal.core import Pipeline
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import products_of
from gpucal.data import Exposure, Members, open_exposure
from gpucal.data.members import tell_membership
from gpucal.names.products import base_name
from gpucal.steps.parts.interferometry.observed import joined
from gpucal.steps.starlight.ami_analyze import AmiAnalyzeStep
from gpucal.steps.starlight.ami_average import AmiAverageStep
from gpucal.steps.starlight.ami_normalize import AmiNormalizeStep

log = logging.getLogger(__name__)

PSF = "psf"


class Ami3Pipeline(Pipeline):
    """Measure the fringes of a star and of reference stars, and normalize those by these.

    Each exposure has its own product, ``ami-oi``, or ``psf-ami-oi`` of a reference star, a member of the role ``psf``.
    The exposures of the star are normalized by those of the reference star, in the order of the association; where
    there are not as many of both, each is normalized by all. The product ``aminorm-oi`` holds all of these pairs; if
    there are several, each has a product of its own, too, named after the exposures.

    If ``ami_average`` is not skipped, the exposures of the star are averaged (``amiavg``), as are those of the
    reference star (``psf-amiavg``), and the averages are normalized.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_ami3.html.
    """

    class_alias = "calwebb_ami3"
    spec = ""
    over_members = True
    uses_other_members = True
    stage = 3
    input_types = ("ImageModel", "CubeModel")
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "FILTER": "instrument.filter"}
    product_steps = ("ami_analyze", "ami_average", "ami_normalize")
    steps_save_all = True
    step_defs: ClassVar = {
        "ami_analyze": AmiAnalyzeStep,
        "ami_average": AmiAverageStep,
        "ami_normalize": AmiNormalizeStep,
    }

    def order(self, members: Members) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return "ami_analyze", "ami_average", "ami_normalize"

    def process(self, members: Members, references) -> Exposure | None:
        """Measure and normalize fringes.

        Returns
        -------
        Exposure or None
            The normalized fringes; None where there is no reference star.

        Raises
        ------
        InputError
            If an exposure cannot be analyzed.
        """
        if self.ami_analyze.skip:
            log.info("Nothing is made, as ami_analyze is skipped")
            return None
        stars = self.fringes_of(members, members, "", references)
        reference_stars = self.reference_stars(members)
        if not reference_stars:
            log.info("There are no reference stars (members of the exptype psf): fringes are not normalized")
        others = self.fringes_of(reference_stars, members, "psf-", references) if reference_stars else []
        if not self.ami_average.skip:
            stars, others = (
                self.averaged(some, members, role, references)
                for some, role in ((stars, ""), (others, "psf-"))
            )
        if self.ami_normalize.skip:
            return None
        return self.normalized(stars, others, members, references)

    def reference_stars(self, members: Members) -> Members | None:
        """The exposures of reference stars."""
        membership = members.membership
        exposures = [open_exposure(path) for path in membership.of_role(PSF)]
        for exposure in exposures:
            exposure.membership = membership
            exposure.meta.asn.table_name, exposure.meta.asn.pool_name = membership.table, membership.pool
            tell_membership(exposure, PSF)
        return Members(exposures, membership, members.nbytes) if exposures else None

    def fringes_of(self, exposures: Members, members: Members, prefix: str, references) -> list[Exposure]:
        """The fringes of each exposure; saved after its own name."""
        step, made = self.ami_analyze, []
        for place in range(len(exposures)):
            with exposures.lease(place, keep=False) as exposure:
                found = self.run_beside(
                    "ami_analyze", exposure, self.references_for(exposure, members, references), saves=False
                )
            for number, product in enumerate(products_of(found)):
                product.membership = replace(members.membership, is_alone=False)
                if step.saves and (number == 0 or step.save_results):
                    step.save(product, prefix + step.suffixes[number])
            made.append(found.mean)
        return made

    def references_for(self, exposure: Exposure, members: Members, references) -> RunReferences:
        """The references for an exposure: those of the run, unless it is of another filter."""
        if exposure.meta.instrument.filter == members.meta.instrument.filter:
            return references
        return RunReferences.find([self.ami_analyze], exposure)

    def averaged(self, fringes: list[Exposure], members: Members, prefix: str, references) -> list[Exposure]:
        """The mean of exposures of each filter."""
        step, made = self.ami_average, []
        for some in by_filter(fringes).values():
            mean = self.run_beside("ami_average", Members(some, members.membership), references, saves=False)
            mean.membership = members.membership
            mean.source = members.name if len(by_filter(fringes)) == 1 else some[0].source
            if step.saves:
                step.save(mean, prefix + step.suffix)
            made.append(mean)
        return made

    def normalized(
        self, stars: list[Exposure], others: list[Exposure], members: Members, references
    ) -> Exposure | None:
        """The fringes of stars, normalized by those of the reference stars."""
        step, made = self.ami_normalize, []
        pairs = pairs_of(stars, others)
        for star, other in pairs:
            pair = Members([star, other], members.membership)
            product = self.run_beside("ami_normalize", pair, references, saves=False)
            product.membership = replace(members.membership, is_alone=False)
            is_only = len(pairs) == 1 or as_peer()
            product.source = members.name if is_only else name_of_pair(star, other, pairs, members.asn_id)
            if step.saves:
                step.save(product)
            made.append(product)
        if len(made) < 2 or as_peer():
            return made[-1] if made else None
        whole = joined(made)
        whole.source = members.name
        if step.saves:
            step.save(whole)
        return whole


def by_filter(fringes: list[Exposure]) -> dict[str, list[Exposure]]:
    """Exposures by their filters."""
    found: dict[str, list[Exposure]] = {}
    for one in fringes:
        found.setdefault(one.meta.instrument.filter, []).append(one)
    return found


def pairs_of(stars: list[Exposure], others: list[Exposure]) -> list[tuple[Exposure, Exposure]]:
    """Which exposure of the star is normalized by which of the reference star; those of one filter alone.

    In the order in which they are listed where there are as many of both; else each by all. jwst takes them in order,
    whatever their filters, until one of them has no more.
    """
    if as_peer():
        return list(zip(stars, others, strict=False))
    pairs, known = [], by_filter(others)
    for name, some in by_filter(stars).items():
        its = known.get(name, [])
        if not its and others:
            log.warning(
                "There is no reference star in filter %s: %d exposures are not normalized", name, len(some)
            )
        is_one_to_one = len(some) == len(its)
        pairs += (
            zip(some, its, strict=True)
            if is_one_to_one
            else [(star, other) for star in some for other in its]
        )
    return pairs


def name_of_pair(star: Exposure, other: Exposure, pairs, asn_id: str | None) -> str:
    """The name of the product of one of several pairs: of the star's exposure, with the other's if it has several."""
    own = sum(one is star for one, _ in pairs) == 1
    parts = [base_name(star.source), *([] if own else [base_name(other.source)]), *([asn_id] if asn_id else [])]
    return "_".join(parts)
