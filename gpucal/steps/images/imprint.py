"""The imprint step."""

import logging
from pathlib import Path

from gpucal.core import SkipStep, Step
from gpucal.data import Exposure, InputError, open_exposure

log = logging.getLogger(__name__)


class ImprintStep(Step):
    """Subtract an imprint: an exposure of the light that the closed shutters of NIRSpec let through.

    Imprints are the members of that role in the association. A single one is subtracted as it is. Of several, those
    count that are of a background target if the exposure is one, and of these the one of the same observation and
    dither position; without such a one, the only one that is left. Its flags are added to DQ; errors stay as they are.
    """

    class_alias = "imprint"
    spec = ""
    input_types = ("ImageModel", "CubeModel", "IFUImageModel")
    uses_other_members = True

    def process(self, exposure, references):
        """Subtract the imprint.

        Raises
        ------
        SkipStep
            If there is none for the exposure.
        InputError
            If it is of another shape.
        """
        imprint = self.imprint_of(exposure)
        log.info("Imprint %s", imprint.source)
        if imprint.shape_of("data") != exposure.shape_of("data"):
            its, mine = imprint.shape_of("data"), exposure.shape_of("data")
            raise InputError(f"{imprint.source}: has shape {its}, and {exposure.source}, whose imprint it is, {mine}")
        exposure.data -= imprint.data
        exposure.dq |= imprint.dq
        return exposure

    def imprint_of(self, exposure) -> Exposure:
        """The imprint of an exposure, among those of its association."""
        paths = [Path(path) for path in exposure.membership.of_role("imprint")]
        if not paths:
            raise SkipStep("there is no imprint in an association")
        imprints = [open_exposure(path) for path in paths]
        if len(imprints) == 1:
            return imprints[0]
        alike = [one for one in imprints if is_of_background(one) == is_of_background(exposure)]
        direct = [one for one in alike if place_of(one) == place_of(exposure)]
        found = direct[:1] or alike
        if len(found) != 1:
            names = ", ".join(path.name for path in paths)
            raise SkipStep(f"none of {names} is for the observation and the dither position of the exposure")
        return found[0]


def is_of_background(exposure: Exposure) -> bool | None:
    """Whether the target of an exposure is a background."""
    return exposure.meta.observation.bkgdtarg


def place_of(exposure: Exposure) -> tuple[str | None, int | None]:
    """The observation and the dither position of an exposure."""
    return exposure.meta.observation.observation_number, exposure.meta.dither.position_number
