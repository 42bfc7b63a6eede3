"""The klip step."""

import logging

import numpy as np

from gpucal.core.paired import PairedStep
from gpucal.data import Exposure
from gpucal.steps.parts.starlight.aligning import blurred_cube
from gpucal.steps.parts.starlight.alike import check_same_optics
from gpucal.steps.parts.starlight.cleaning import cleaned
from gpucal.steps.parts.starlight.contrast import contrast_curve
from gpucal.steps.parts.starlight.subtraction import Star, on_sky, subtract_star

log = logging.getLogger(__name__)

# How bad pixels are replaced, as `AlignRefsStep` does unless it is told otherwise.
BOX, BAD = 3, "DO_NOT_USE"


class KlipStep(PairedStep):
    """Subtract from images of a star what images of reference stars show of it: the Karhunen-Loeve projection.

    Input is an exposure of the star and references that are aligned with it; the product is the exposure, without the
    star. Bad pixels are replaced before, and keep their flags. The error of the product tells the noise of the image
    and of the references that are subtracted, and how much speckles differ among these. A single reference will do.

    Notes
    -----
    The algorithm stands in `gpucal.kernels.starlight.klip`. Parameters after ``truncate`` are of gpucal alone: parts of
    the image are fitted each by itself (``annulus``), or count in no fit: those about companions (``exclude``), and
    those beyond ``fit_radius``. A fit that does not see a companion takes none of its light away. With ``contrast``
    there is another product, a table: how bright a companion has to be at each distance to be found.
    """

    class_alias = "klip"
    suffix_in_pipeline = "psfsub"
    names_association = True
    input_types = ("CubeModel",)
    pair_words = ("science exposure", "stack of aligned references")
    spec = """
        truncate = integer(default=50,min=0)  # how many main directions of the references are kept at most
        exclude = string(default=None)  # places that no fit sees: 'separation angle radius; ...', arcsec, deg, arcsec
        annulus = float(min=0.0, default=None)  # width of rings about the star that are fitted each by itself, pixels
        fit_radius = float_list(min=2, max=2, default=None)  # least and most distance of pixels that are fitted, pixels
        star = float_list(min=2, max=2, default=None)  # x and y of the star, from 0; that of CRPIX if not given
        contrast = boolean(default=False)  # save a table of the companions that would be found
        psf_fwhm = float(min=0.5, default=None)  # of companions in it, pixels; that of the telescope if not given
        star_flux = float(min=0.0, default=None)  # of the star, for contrasts in it, Jy
        blur = float(min=0.0, default=None)  # width (FWHM) of a Gaussian to blur the star with, as align_refs does
    """
    own_parameters = ("exclude", "annulus", "fit_radius", "star", "contrast", "psf_fwhm", "star_flux", "blur")

    def process(self, members, references):
        """Subtract the star.

        Raises
        ------
        InputError
            If the inputs are of different sizes or optics.
        GpucalError
            If a parameter cannot be understood, or a fit sees no pixels.
        """
        science, stack = self.pair_of(members)
        check_same_optics([science, stack])
        star, references = blurred_cube(cleaned(science, BOX, BAD), self.search("blur")), cleaned(stack, BOX, BAD)
        place = Star.of(science, self.star)
        fits = on_sky(place.fits(science, self.annulus, self.fit_radius, self.exclude), star)
        found = subtract_star(star, references, fits, self.truncate)
        log.info("%d references, %d directions kept at most", stack.shape_of("data")[0], self.truncate)
        if self.contrast:
            curve = contrast_curve(science, found, references, fits, self.truncate, place, self)
            self.save(curve, "contrast")
        return self.product(science, found)

    def product(self, science: Exposure, found) -> Exposure:
        """The exposure, with what is left of it."""
        made = science.copy()
        if not science.membership.product:
            made.meta.asn.exptype = None  # as in jwst, which tells it of the members of a product alone
        made.data, made.err = found.data.astype(np.float32), found.err.astype(np.float32)
        return made
