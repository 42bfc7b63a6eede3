"""The source_catalog step."""

import logging
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from gpucal import __version__
from gpucal.backend import current_backend
from gpucal.core import SkipStep, Step
from gpucal.data import Exposure, TableProduct
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model
from gpucal.steps.parts.catalogs.aperture_photometry import measure_apertures, nearest_neighbours, star_shapes
from gpucal.steps.parts.catalogs.apertures import Apertures, apertures_of, vega_offset
from gpucal.steps.parts.catalogs.catalog_columns import (
    PLACE,
    SHAPE,
    Column,
    aperture_columns,
    as_table,
    concentration_columns,
    corner_columns,
    isophotal_columns,
)
from gpucal.steps.parts.catalogs.star_finding import Sources, find_sources
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.sky.geometry import north_of, pixel_area_of, places_of
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

SURFACE_BRIGHTNESS = "MJy/sr"

# Whatever the finder is, the shape of sources is measured with a profile of this width.
LIMITS = {"kernel_fwhm": (0.01, 100)}


class SourceCatalogStep(Step):
    """Make a catalog of the sources of a mosaic: places, fluxes, magnitudes and shapes.

    The catalog is a table, saved as ECSV. Where the finder tells which pixels belong to a source, a map of them is
    saved beside it. Without sources there is no catalog. Where a reference is missing, or has no row for the mosaic,
    what depends on it is NaN.

    Notes
    -----
    How sources are found is described in `gpucal.steps.parts.catalogs.star_finding`, how they are measured in
    `gpucal.steps.parts.catalogs.aperture_photometry`, and the columns in `gpucal.steps.parts.catalogs.catalog_columns`.
    """

    class_alias = "source_catalog"
    spec = """
        aperture_ee1 = integer(default=30)  # light of a star in the smallest aperture, per cent
        aperture_ee2 = integer(default=50)  # light of a star in the middle aperture, per cent
        aperture_ee3 = integer(default=70)  # light of a star in the largest aperture, per cent
        ci1_star_threshold = float(default=2.0)  # largest ratio of middle to smallest aperture that a star has
        ci2_star_threshold = float(default=1.8)  # largest ratio of largest to middle aperture that a star has
        suffix = string(default='cat')  # the last part of the name of the catalog
        starfinder = option('dao', 'iraf', 'segmentation', default='segmentation')  # how sources are found

        snr_threshold = float(default=3.0)  # how far a source exceeds the background, in units of the noise
        bkg_boxsize = integer(default=1000)  # side of the boxes that the background is measured in, pixels
        kernel_fwhm = float(default=2.0)  # full width at half maximum of a star, pixels

        minsep_fwhm = float(default=0.0)  # dao, iraf: least distance of two stars, in units of kernel_fwhm
        sigma_radius = float(default=1.5)  # dao, iraf: where the profile of a star is cut off, sigma
        sharplo = float(default=0.5)  # dao, iraf: the least sharp star
        sharphi = float(default=2.0)  # dao, iraf: the sharpest star
        roundlo = float(default=0.0)  # dao, iraf: the least roundness of a star
        roundhi = float(default=0.2)  # dao, iraf: the largest roundness of a star
        brightest = integer(default=200)  # dao, iraf: keep so many of the brightest
        peakmax = float(default=None)  # dao, iraf: drop stars with higher peaks

        npixels = integer(default=25)  # segmentation: the fewest pixels of a source
        connectivity = option(4, 8, default=8)  # segmentation: neighbours of a pixel, 8 with those at its corners
        nlevels = integer(default=32)  # segmentation: levels at which blended sources are looked for
        contrast = float(default=0.001)  # segmentation: least part of the flux that a blended source has
        multithresh_mode = option('exponential', 'linear', 'sinh', default='exponential')  # segmentation: their spacing
        localbkg_width = integer(default=0)  # segmentation: width of a ring for the local background; 0 for none
        apermask_method = option('correct', 'mask', 'none', default='correct')  # segmentation: what is for neighbours
        kron_params = float_list(min=2, max=3, default=None)  # segmentation: parameters of Kron apertures
        deblend = boolean(default=True)  # segmentation: take blended sources apart
    """
    reference_file_types = ("apcorr", "abvegaoffset")
    optional_references = reference_file_types
    input_types = ("ImageModel",)

    def process(self, exposure, references):
        """Make the catalog.

        Returns
        -------
        TableProduct or None
            The catalog; None where no source is found.

        Raises
        ------
        GpucalError
            If the image is in another unit, or has no world coordinates, or a parameter is out of its limits.
        """
        check_limits(self, LIMITS)
        wcs = exposure.get_wcs()
        labels = self.aperture_ee1, self.aperture_ee2, self.aperture_ee3
        apertures = apertures_of(references["apcorr"], exposure.meta, labels)
        offset = vega_offset(references["abvegaoffset"], exposure.meta)
        image, err, mask = in_jansky(exposure, wcs)
        sources = find_sources(image, mask, self, err)
        if not len(sources):
            log.warning("%s: there is no catalog, as there are no sources", exposure.source)
            return None
        log.info("%d sources are found", len(sources))
        columns = self.columns_of(exposure, image, err, sources, wcs, apertures, offset)
        catalog = TableProduct(as_table(columns, about_catalog(apertures, offset)), exposure)
        if self.saves:
            if sources.segments is not None:
                segm = segmentation_map(exposure, sources.segments)
                segm.meta.source_catalog = self.output_path(catalog, ext=catalog.extension).name
                self.save(segm, "segm")
        return catalog

    def columns_of(self, exposure, image, err, sources: Sources, wcs, apertures: Apertures, offset) -> list[Column]:
        """All columns, in order."""
        measured, asnumpy = sources.columns, current_backend().asnumpy
        places = np.stack([measured["x"], measured["y"]], axis=1)
        photometry = measure_apertures(asnumpy(image), None if err is None else asnumpy(err), places, apertures)
        sharpness, roundness = star_shapes(image, places, self.kernel_fwhm)
        neighbour, distance = nearest_neighbours(places)
        thresholds = self.ci1_star_threshold, self.ci2_star_threshold

        def sky_at(x, y):
            from astropy.coordinates import SkyCoord

            return SkyCoord(*places_of(wcs, x, y), unit="deg", frame="icrs")

        return [
            Column("label", "Number of the source", measured["id"]),
            Column("xcentroid", "x of the centre, pixels from 0", measured["x"], None, PLACE),
            Column("ycentroid", "y of the centre, pixels from 0", measured["y"], None, PLACE),
            Column("sky_centroid", "The centre on the sky, ICRS", sky_at(measured["x"], measured["y"])),
            *aperture_columns(photometry, apertures, offset),
            *concentration_columns(photometry, apertures, thresholds),
            Column("sharpness", "Sharpness as DAOFIND has it", sharpness, None, SHAPE),
            Column("roundness", "Roundness as DAOFIND has it, from symmetry", roundness, None, SHAPE),
            Column("nn_label", "Number of the nearest source; -1 for none", np.append(measured["id"], -1)[neighbour]),
            Column("nn_dist", "Distance of the nearest source", distance, "pix", SHAPE),
            *isophotal_columns(measured, north_of(wcs, *reference_pixel(exposure)), offset),
            *corner_columns(measured, sky_at),
        ]


def reference_pixel(exposure) -> tuple[float, float]:
    """x and y, from 0, of the reference pixel of an image; its middle where the header does not tell."""
    ny, nx = exposure.shape_of("data")
    wcsinfo = exposure.meta.wcsinfo
    x, y = (nx + 1) / 2 if wcsinfo.crpix1 is None else wcsinfo.crpix1, wcsinfo.crpix2
    return x - 1, ((ny + 1) / 2 if y is None else y) - 1


def in_jansky(exposure, wcs: Wcs):
    """Image and errors in jansky per pixel, and the pixels that show nothing.

    Returns
    -------
    image : (ny, nx) float32 array
    err : (ny, nx) float32 array or None
    mask : (ny, nx) bool array

    Raises
    ------
    SkipStep
        If the image is no surface brightness.
    """
    if exposure.meta.bunit_data != SURFACE_BRIGHTNESS:
        unit = exposure.meta.bunit_data or "an unknown unit"
        log.warning("%s: there is no catalog, as it is in %s; run photom first", exposure.source, unit)
        raise SkipStep(f"the image is not in {SURFACE_BRIGHTNESS}")
    area = exposure.meta.photometry.pixelarea_steradians
    if area is None:
        area = pixel_area_of(wcs, *reference_pixel(exposure))
        log.warning("The keyword PIXAR_SR is missing; the area of a pixel is %.6g sr by the world coordinates", area)
    xp = current_backend().xp
    image, err = exposure.data * np.float32(1e6 * area), None
    mask = xp.isnan(exposure.data)
    if exposure.has("err"):
        err = exposure.err * np.float32(1e6 * area)
        mask = xp.isnan(err)
    else:
        log.warning("The image has no errors, and those of fluxes are not known")
    if exposure.has("wht"):
        mask = mask | (exposure.wht == 0)
    return image, err, mask


def about_catalog(apertures: Apertures, offset: float) -> dict:
    """What a catalog says of how it was made."""
    packages = {name: version(name) for name in ("numpy", "scipy", "astropy", "photutils")}
    names = ("aperture_ee", "aperture_radii", "aperture_corrections")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": packages | {"gpucal": __version__},
        "aperture_params": {name: list(values) for name, values in zip(names, apertures[:3], strict=True)}
        | {"bkg_aperture_inner_radius": apertures.ring[0], "bkg_aperture_outer_radius": apertures.ring[1]},
        "abvega_offset": offset,
    }


def segmentation_map(exposure, segments) -> Exposure:
    """A map of the sources that pixels belong to, with the keywords of the mosaic."""
    segm = Exposure(new_model(datamodels.SegmentationMapModel), exposure.source)
    segm.model.update(exposure.model, only="PRIMARY")
    kept = exposure.kept_meta
    segm.kept_meta.update({name: kept[name] for name in ("wcs", "wcsinfo") if name in kept})
    segm.membership = exposure.membership
    segm.data = current_backend().asarray(segments.astype(np.uint32))
    return segm
