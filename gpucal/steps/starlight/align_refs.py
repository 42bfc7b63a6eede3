"""The align_refs step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.core import SkipStep
from gpucal.core.paired import PairedStep
from gpucal.data import Exposure
from gpucal.steps.parts.starlight.aligning import Aligned, aligned, aligned_as_peer, blurred_cube, tell
from gpucal.steps.parts.starlight.alike import check_same_optics
from gpucal.steps.parts.starlight.cleaning import cleaned

log = logging.getLogger(__name__)


class AlignRefsStep(PairedStep):
    """Move images of reference stars onto the first image of a star: to the place that it has behind the coronagraph.

    Bad pixels of both are replaced with the median of good ones about them. The shifts are found in double precision;
    each pixel counts as the psfmask reference says, 1 in full and 0 not at all. Input is an exposure of the star and
    the stack of references; the product is the stack, moved. Brightnesses stay as they are.

    Notes
    -----
    What is minimized, and how, stands in `gpucal.kernels.starlight.alignment`, how images are moved in
    `gpucal.kernels.starlight.shifts`. ``blur`` is of gpucal alone: a Gaussian that images of the star and of references
    are blurred with before all else, for those whose pixels are too large for their sharpness. It is taken from the
    pipeline if the step has none, and ``klip`` does the same to the star.
    """

    class_alias = "align_refs"
    status_name = "align_psfs"
    suffix_in_pipeline = "psfalign"
    names_association = True
    reference_file_types = ("psfmask",)
    optional_references = ("psfmask",)
    input_types = ("CubeModel",)
    pair_words = ("science exposure", "stack of references")
    spec = """
        median_box_length = integer(default=3,min=0)  # side of the box whose good pixels replace a bad one
        bad_bits = string(default="DO_NOT_USE")  # flags of bad pixels
        blur = float(min=0.0, default=None)  # width (FWHM) of a Gaussian to blur all images with, pixels
    """
    own_parameters = ("blur",)

    def process(self, members, references):
        """Align the references.

        Raises
        ------
        SkipStep
            If there is no psfmask.
        InputError
            If the inputs are of different sizes or optics.
        """
        science, stack = self.pair_of(members)
        check_same_optics([science, stack])
        mask = self.mask_of(science, references)
        star, images = (cleaned(one, self.median_box_length, self.bad_bits) for one in (science, stack))
        if as_peer():
            errors = stack.err if stack.has("err") else np.zeros_like(stack.data)
            found = aligned_as_peer(star, images.data.astype(np.float32), errors, mask)
        else:
            width = self.search("blur")
            found = aligned(blurred_cube(star, width), blurred_cube(images, width), mask)
        tell(found)
        return self.product(science, stack, found)

    def mask_of(self, science: Exposure, references):
        """The weights of the pixels.

        Raises
        ------
        SkipStep
            If there is no psfmask.
        """
        reference = references["psfmask"]
        if reference is None:
            log.warning(
                "There is no psfmask reference for %s: references stay where they are", science.source
            )
            raise SkipStep("no psfmask reference")
        return reference.array("data", science)

    def product(self, science: Exposure, stack: Exposure, found: Aligned) -> Exposure:
        """The stack, moved, named after the science exposure."""
        xp = current_backend().xp
        flags = xp.zeros(found.data.shape, np.uint32)
        made = stack.blank(
            "CubeModel", data=found.data.astype(np.float32), err=found.err.astype(np.float32), dq=flags
        )
        made.source, made.membership = science.source, science.membership
        return made
