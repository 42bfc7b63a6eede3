"""The tweakreg step."""

import logging
from dataclasses import replace
from datetime import date
from math import sqrt
from pathlib import Path

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data.files.compression import plain_name
from gpucal.data.reading import expand
from gpucal.steps.parts.alignment.align import (
    LedAstrayError,
    Outcome,
    Rules,
    align_to_catalog,
    align_to_each_other,
)
from gpucal.steps.parts.alignment.catalogs import (
    FORMATS,
    listed_catalogs,
    read_reference,
    read_sources,
    write_catalog,
)
from gpucal.steps.parts.alignment.fitting import Clipping
from gpucal.steps.parts.alignment.gaia import NAMES, gaia_sources
from gpucal.steps.parts.alignment.images import AlignedImage, Group, Reference, Sources
from gpucal.steps.parts.alignment.matching import Matching
from gpucal.steps.parts.catalogs.star_finding import find_sources, outside_of_image
from gpucal.steps.parts.coordinates.images import keep_coordinates
from gpucal.steps.parts.limits import check_limits
from gpucal.wcs.sip import SipOptions
from gpucal.wcs.telescope import pointing_of

log = logging.getLogger(__name__)

# The histogram of offsets has bins of a pixel: with pixels of 0.03 arcsec, 10^8 of them within the largest radius.
_LARGEST_RADIUS = 150
LIMITS = {
    f"{prefix}{name}": limits
    for prefix in ("", "abs_")
    for name, limits in {
        "searchrad": (1e-6, _LARGEST_RADIUS), "separation": (1e-6, 3600), "tolerance": (1e-6, 3600),
        "minobj": (1, 1_000_000_000),
    }.items()
} | {"xoffset": (-3600, 3600), "yoffset": (-3600, 3600)}  # fmt: skip

STATUS = {Outcome.FAILED: "FAILED", Outcome.ALONE: "SKIPPED"}


class TweakRegStep(Step):
    """Align images to each other by the stars in them, and to a catalogue of stars.

    The coordinates of an image get a correction of its pointing: a shift, and what else ``fitgeometry`` allows.
    Images that were taken at the same time move together. In the header of each stands what became of it (S_TWKREG):
    COMPLETE if it is aligned or is what others are aligned to, FAILED if its stars could not be matched, SKIPPED if it
    has none. One that fails does not undo the alignment of the others.

    Notes
    -----
    Which images are aligned to which is described in `gpucal.steps.parts.alignment.align`, how stars are matched in
    `gpucal.steps.parts.alignment.matching`, the fits in `gpucal.steps.parts.alignment.fitting`, the correction in
    `gpucal.wcs.correction`, the search for stars in `gpucal.steps.parts.catalogs.star_finding`.
    """

    class_alias = "tweakreg"
    spec = """
        save_catalogs = boolean(default=False)  # write the sources of each image beside the products
        use_custom_catalogs = boolean(default=False)  # take sources from catalogues: of catfile, association or header
        catalog_format = string(default='ecsv')  # ecsv or fits
        catfile = string(default='')  # file that lists images and their catalogues
        starfinder = option('dao', 'iraf', 'segmentation', default='iraf')  # how sources are looked for

        snr_threshold = float(default=10.0)  # height above the background, in units of its noise
        kernel_fwhm = float(default=2.5)  # width of a star, pixels
        bkg_boxsize = integer(default=400)  # size of the boxes that the background is measured in, pixels

        minsep_fwhm = float(default=0.0)  # least distance between stars, in units of kernel_fwhm
        sigma_radius = float(default=1.5)  # radius of the profile of a star, in units of its sigma
        sharplo = float(default=0.5)  # least sharpness of a star
        sharphi = float(default=2.0)  # largest sharpness of a star
        roundlo = float(default=0.0)  # least roundness of a star
        roundhi = float(default=0.2)  # largest roundness of a star
        brightest = integer(default=200)  # keep so many of the brightest stars
        peakmax = float(default=None)  # leave out stars whose brightest pixel is not below this

        npixels = integer(default=10)  # least number of connected pixels of a segment
        connectivity = option(4, 8, default=8)  # neighbours that a pixel is connected to
        nlevels = integer(default=32)  # levels at which segments are taken apart
        contrast = float(default=0.001)  # least share of the flux of a segment that makes a source of its own
        multithresh_mode = option('exponential', 'linear', 'sinh', default='exponential')  # spacing of the levels
        localbkg_width = integer(default=0)  # width of the ring for a local background, pixels
        apermask_method = option('correct', 'mask', 'none', default='correct')  # what is done about neighbours
        kron_params = float_list(min=2, max=3, default=None)  # of Kron apertures
        deblend = boolean(default=True)  # take segments apart

        enforce_user_order = boolean(default=False)  # with expand_refcat, align images in the order given
        expand_refcat = boolean(default=False)  # sources of aligned images become references for the next
        minobj = integer(default=15)  # fewest sources that have to match
        fitgeometry = option('shift', 'rshift', 'rscale', 'general', default='rshift')  # what the correction may be
        nclip = integer(min=0, default=3)  # rounds of clipping in a fit
        sigma = float(min=0.0, default=3.0)  # sources farther off than this times the root mean square are clipped

        searchrad = float(default=2.0)  # largest offset between images, arcsec
        use2dhist = boolean(default=True)  # look for the offset; otherwise it is xoffset and yoffset
        separation = float(default=1.0)  # sources nearer to each other count as one, arcsec
        tolerance = float(default=0.7)  # largest distance of sources that match, after the offset, arcsec
        xoffset = float(default=0.0)  # offset along V2, arcsec
        yoffset = float(default=0.0)  # offset along V3, arcsec

        abs_refcat = string(default='')  # catalogue: a file, or GAIAREFCAT, GAIADR3, GAIADR2, GAIADR1; empty for none
        save_abs_catalog = boolean(default=False)  # write the sources of Gaia beside the products

        abs_minobj = integer(default=15)  # as minobj, for the catalogue
        abs_fitgeometry = option('shift', 'rshift', 'rscale', 'general', default='rshift')  # as fitgeometry
        abs_nclip = integer(min=0, default=3)  # as nclip, for the catalogue
        abs_sigma = float(min=0.0, default=3.0)  # as sigma, for the catalogue

        abs_searchrad = float(default=6.0)  # as searchrad, for the catalogue
        abs_use2dhist = boolean(default=True)  # look for the offset; otherwise it is zero
        abs_separation = float(default=1)  # as separation, for the catalogue
        abs_tolerance = float(default=0.7)  # as tolerance, for the catalogue

        sip_approx = boolean(default=True)  # approximate corrected coordinates by FITS keywords
        sip_max_pix_error = float(default=0.01)  # largest error of the approximation, pixels
        sip_degree = integer(max=6, default=None)  # degree of its polynomials; None takes the lowest that will do
        sip_max_inv_pix_error = float(default=0.01)  # largest error of the way back, pixels
        sip_inv_degree = integer(max=6, default=None)  # degree of the way back; None takes the lowest that will do
        sip_npoints = integer(default=12)  # points along each side that are fitted

        output_use_model = boolean(default=True)  # name products after meta.filename of the model
        in_memory = boolean(default=True)  # hold the pixels of all images; otherwise those of one at a time
    """
    input_types = ("ImageModel",)
    over_members = True

    def process(self, members, references):
        """Align images.

        Raises
        ------
        SkipStep
            If no image is aligned.
        GpucalError
            If a catalogue cannot be used, or a parameter is out of its limits.
        """
        check_limits(self, LIMITS)
        if self.save_catalogs and self.catalog_format not in FORMATS:
            raise GpucalError(f"catalog_format is {self.catalog_format!r}; it has to be {' or '.join(FORMATS)}")
        catalog = self.reference_catalog()
        if catalog is None and not self.save_catalogs and len(members.groups) == 1:
            raise SkipStep("at least two exposures are needed to align them to each other")
        given = self.given_catalogs(members)
        images = [self.image_of(members, place, given) for place in range(len(members))]
        groups = [Group([images[place] for place in places]) for places in members.groups]
        outcomes = self.aligned_to_each_other(groups, expand=self.expand_refcat or catalog is not None)
        fitted = set()
        if catalog is not None:
            outcomes, fitted = self.aligned_to_catalog(groups, outcomes, catalog, members)
        if set(outcomes) == {Outcome.ALONE}:
            raise SkipStep("no image is aligned")
        for places, group, outcome in zip(members.groups, groups, outcomes, strict=True):
            for place, image in zip(places, group, strict=True):
                if image.wcs is not image.original:
                    name = f"FIT-LVL3-{self.abs_refcat}" if outcome in fitted else image.wcs.name
                    keep_coordinates(members[place], replace(image.wcs, name=name), self.sip)
                if outcome in STATUS and not as_peer():
                    members.set_status(place, STATUS[outcome])
        return members

    def aligned_to_each_other(self, groups, expand: bool) -> list[Outcome]:
        """Align groups of images to each other; what became of each."""
        matching = Matching(
            self.searchrad, self.separation, self.tolerance, self.use2dhist, self.xoffset, self.yoffset
        )
        rules = Rules(matching, self.fitgeometry, Clipping(self.nclip, self.sigma), self.minobj)
        before = [group.coordinates() for group in groups]
        try:
            check_separation(matching, "separation", "tolerance")
            return align_to_each_other(groups, rules, expand, self.enforce_user_order)
        except (ParameterError, LedAstrayError) as reason:
            log.warning("The images are not aligned to each other: %s", reason)
            for group, coordinates in zip(groups, before, strict=True):
                group.restore(coordinates)
            return [Outcome.ALONE] * len(groups)

    def aligned_to_catalog(self, groups, outcomes, catalog, members) -> tuple[list[Outcome], set[Outcome]]:
        """Align all groups to the catalogue: what became of each, and the outcomes of those that it was fitted to."""
        matching = Matching(self.abs_searchrad, self.abs_separation, self.abs_tolerance, self.abs_use2dhist)
        rules = Rules(matching, self.abs_fitgeometry, Clipping(self.abs_nclip, self.abs_sigma), self.abs_minobj)
        try:
            check_separation(matching, "abs_separation", "abs_tolerance")
            if not isinstance(catalog, Reference):
                catalog = self.asked_catalog(catalog, groups, members)
            return align_to_catalog(groups, outcomes, catalog, rules), {Outcome.ALIGNED}
        except GpucalError as reason:
            log.warning("The images are not aligned to %s: %s", self.abs_refcat, reason)
        if as_peer():
            for image in (image for group in groups for image in group):
                image.wcs = image.original
        return outcomes, set()

    def reference_catalog(self) -> Reference | str | None:
        """The catalogue in the file that ``abs_refcat`` names; the name of one of Gaia; None if it is empty."""
        name = (self.abs_refcat or "").strip()
        if not name or name.upper() in NAMES:
            return name.upper() or None
        if not expand(name).is_file():
            raise GpucalError(f"abs_refcat: {name} is no file, and none of {', '.join(NAMES)}")
        return read_reference(expand(name))

    def asked_catalog(self, name: str, groups, members) -> Reference:
        """A catalogue of Gaia in the field of the images."""
        saved_as = self.folder / f"fit_{name.lower()}_ref.ecsv" if self.save_abs_catalog else None
        corners = np.concatenate([image.corners() for group in groups for image in group])
        return gaia_sources(name, corners, year_of(members[0]), saved_as)

    def given_catalogs(self, members) -> dict[str, Path | None]:
        """The catalogues that the user gives, by the names of the images; None where there is to be none."""
        if not self.use_custom_catalogs:
            return {}
        if self.catfile.strip():
            catalogs = listed_catalogs(expand(self.catfile.strip()))
            if not catalogs:
                log.warning("%s lists no catalogues: sources are looked for in all images", self.catfile)
                return {}
        else:
            catalogs = dict(members.membership.catalogs)
        for exposure in members:
            name = name_of(exposure)
            if name not in catalogs and (named := (exposure.meta.tweakreg_catalog or "").strip()):
                catalogs[name] = beside(exposure, named)
        return catalogs

    def image_of(self, members, place: int, given) -> AlignedImage:
        """An image with its sources."""
        exposure = members[place]
        name, wcs = name_of(exposure), exposure.get_wcs()
        if (path := given.get(name)) is not None:
            log.info("The sources of %s are those of %s", name, path)
            sources = read_sources(path)
            exposure.meta.tweakreg_catalog = str(path)
        else:
            sources = self.found_sources(members, place, wcs)
        image = AlignedImage(name, wcs, pointing_of(exposure), sources)
        log.info("%s has %d sources", name, len(image.sources.x))
        return image

    def found_sources(self, members, place: int, wcs) -> Sources:
        """The sources that are found in an image, and written if the user wants that."""
        with members.lease(place) as exposure:
            data = exposure.data
            errors = exposure.err if self.starfinder == "segmentation" and exposure.has("err") else None
            flags = exposure.dq if exposure.has("dq") else current_backend().xp.zeros(data.shape, np.uint32)
            columns = find_sources(data, outside_of_image(flags), self, errors).columns
        sources = Sources(columns["x"], columns["y"])
        if self.save_catalogs:
            inside = sources.inside(wcs.bounding_box)
            kept = {name: columns[name][inside] for name in ("id", "x", "y", "flux")}
            exposure.meta.tweakreg_catalog = self.written(kept, Path(plain_name(name_of(exposure))).stem)
        return sources

    def written(self, columns, stem: str) -> str:
        """Write the sources of an image; the name of the file."""
        path = self.folder / f"{stem}_cat.{self.catalog_format}"
        write_catalog(path, columns, stem.strip("_- "), self.catalog_format)
        log.info("The sources of %s are in %s", stem, path)
        return path.name

    @property
    def folder(self) -> Path:
        """Where catalogues are written: with the products."""
        return expand(self.search("output_dir") or ".")

    @property
    def sip(self) -> SipOptions | None:
        """How corrected coordinates are approximated."""
        if not self.sip_approx:
            return None
        return SipOptions(
            self.sip_max_pix_error, self.sip_max_inv_pix_error, self.sip_degree, self.sip_inv_degree, self.sip_npoints
        )


class ParameterError(GpucalError):
    """Parameters contradict each other."""


def check_separation(matching: Matching, separation: str, tolerance: str) -> None:
    """See that sources that count as two cannot match the same one.

    Raises
    ------
    ParameterError
        If they can.
    """
    if matching.separation <= sqrt(2) * matching.tolerance:
        raise ParameterError(f"{separation} has to be larger than {tolerance} by the square root of two at least")


def name_of(exposure) -> str:
    """The name of the file of an exposure."""
    return exposure.meta.filename or Path(exposure.source).name


def beside(exposure, name: str) -> Path:
    """A file that the header of an exposure names: as it is, or in the folder of the exposure."""
    path = expand(name)
    if path.is_absolute() or path.exists() or not isinstance(exposure.origin, str | Path):
        return path
    return expand(exposure.origin).parent / path


def year_of(exposure) -> float:
    """When an exposure was taken, in years.

    Raises
    ------
    GpucalError
        If its header does not tell.
    """
    if exposure.meta.observation.date is None:
        raise GpucalError(f"{exposure.source}: the header lacks DATE-OBS, which the proper motion of stars needs")
    day = date.fromisoformat(exposure.meta.observation.date)
    first, next_first = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day - first) / (next_first - first)
