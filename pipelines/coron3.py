"""Stage 3 of coronagraphs: from calibrated integrations to an image without its star."""

import logging
from typing import ClassVar

from gpucal.as_peer import as_peer
from gpucal.core import Pipeline
from gpucal.data import Exposure, InputError, Members, open_exposure
from gpucal.data.blending import blend
from gpucal.data.members import tell_membership
from gpucal.steps.mosaics.outlier_detection import OutlierDetectionStep
from gpucal.steps.mosaics.resample import ResampleStep
from gpucal.steps.parts.alike import check_calibrated
from gpucal.steps.parts.starlight.alike import check_same_optics
from gpucal.steps.parts.starlight.planes import planes_of
from gpucal.steps.starlight.align_refs import AlignRefsStep
from gpucal.steps.starlight.klip import KlipStep
from gpucal.steps.starlight.stack_refs import StackRefsStep

log = logging.getLogger(__name__)

PSF = "psf"


class Coron3Pipeline(Pipeline):
    """Take the star out of coronagraphic exposures, and combine what is left of them.

    Integrations of reference stars, the members of the role ``psf``, are put into one cube (``psfstack``); it is moved
    onto the star in each exposure (``psfalign``), and what it shows is subtracted from that (``psfsub``). All
    integrations of all exposures are combined, each turned as its telescope was (``i2d``). Outliers among the
    integrations of each exposure are flagged before (``crfints``).

    Notes
    -----
    Two parameters are of gpucal alone. With ``adi`` the integrations of exposures at other rolls are references too,
    since what turns with the sky is no part of the star; such an association needs no members of the role ``psf``.
    ``blur`` is that of ``align_refs`` and ``klip``.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_coron3.html.
    """

    class_alias = "calwebb_coron3"
    spec = """
        suffix = string(default='i2d')  # last part of the name of the combined image
        adi = boolean(default=False)  # take exposures at other rolls as references, too
        blur = float(min=0.0, default=None)  # width (FWHM) of a Gaussian to blur all images with, pixels
    """
    own_parameters = ("adi", "blur")
    over_members = True
    uses_other_members = True
    stage = 3
    input_types = ("CubeModel",)
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "EXP_TYPE": "exposure.type"}
    product_steps = ("outlier_detection", "stack_refs", "align_refs", "klip")
    step_defs: ClassVar = {
        "stack_refs": StackRefsStep,
        "align_refs": AlignRefsStep,
        "klip": KlipStep,
        "outlier_detection": OutlierDetectionStep,
        "resample": ResampleStep,
    }

    def order(self, members: Members) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return "outlier_detection", "stack_refs", "align_refs", "klip", "resample"

    def process(self, members: Members, references) -> Exposure | None:
        """Make an image without the star.

        Returns
        -------
        Exposure or None
            The image; None where ``resample`` is skipped.

        Raises
        ------
        InputError
            If there are no references, or an exposure is not calibrated, of another size, or of other optics.
        """
        stars = self.reference_stars(members)
        check_calibrated(members)
        check_same_optics([*members, *stars])
        stack = self.stack(stars, references) if len(stars) else None
        headers = [exposure.blank(exposure.model_type).model for exposure in members]  # before steps tell of themselves
        members = self.run_step("outlier_detection", members, references)
        left = [self.without_star(members, place, stack, references) for place in range(len(members))]
        image = self.combined(members, left, headers, references)
        for exposure in left:
            exposure.release()
        return image

    def reference_stars(self, members: Members) -> Members:
        """The exposures of reference stars.

        Raises
        ------
        InputError
            If there are none.
        """
        membership = members.membership
        paths = membership.of_role(PSF)
        if not paths and not (self.adi and len(members) > 1):
            has = "" if membership.product else "; calwebb_coron3 takes an association"
            raise InputError(f"{members.source}: has no reference stars, members of the exptype psf{has}")
        exposures = [open_exposure(path) for path in paths]
        for exposure in exposures:
            exposure.membership = membership
            exposure.meta.asn.table_name, exposure.meta.asn.pool_name = membership.table, membership.pool
            tell_membership(exposure, PSF)
        return Members(exposures, membership, members.nbytes)

    def stack(self, stars: Members, references) -> Exposure:
        """The integrations of reference stars, as one cube."""
        stars = self.run_step("outlier_detection", stars, references)
        return self.run_beside("stack_refs", stars, references)

    def without_star(self, members: Members, place: int, stack: Exposure | None, references) -> Exposure:
        """One exposure without its star."""
        with members.lease(place) as science:
            stack = self.with_other_rolls(members, place, stack, references)
            aligned = self.run_beside("align_refs", Members([science, stack]), references) or stack
            left = self.run_beside("klip", Members([science, aligned]), references)
            if aligned is not stack:
                aligned.release()
            return left or science

    def with_other_rolls(self, members: Members, place: int, stack: Exposure | None, references) -> Exposure:
        """The references of one exposure: the stack, and exposures at other rolls where these count as such."""
        if not self.adi:
            return stack
        rolls = [exposure.meta.wcsinfo.roll_ref for exposure in members]
        others = [one for one, roll in zip(members, rolls, strict=True) if roll != rolls[place]]
        cubes = [*([] if stack is None else [stack]), *others]
        if not cubes:
            raise InputError(
                f"{members[place].source}: there is neither a reference star nor an exposure at another roll"
            )
        return StackRefsStep().process(Members(cubes, members.membership), references)

    def combined(self, members: Members, left: list[Exposure], headers: list, references) -> Exposure | None:
        """All integrations, resampled; the header is blended of those of the exposures, not of their integrations."""
        planes = Members([plane for cube in left for plane in planes_of(cube)], members.membership)
        planes.is_one_exposure = True
        image = self.run_beside("resample", planes, references, saves=False)
        if image is None:
            return None
        blend(image.model, headers)
        if as_peer():  # in jwst they are those of the exposures
            for name in ("pixelarea_steradians", "pixelarea_arcsecsq"):
                setattr(image.meta.photometry, name, getattr(members.meta.photometry, name))
        image.meta.asn.exptype = members[0].meta.asn.exptype
        image.kept_meta.pop("group_id", None)
        return image
