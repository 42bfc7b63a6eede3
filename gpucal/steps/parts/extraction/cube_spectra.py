"""The spectrum of a cube: of a circle about a point source, or of the whole field."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.core import GpucalError, SkipStep
from gpucal.data.spectra import Spectra
from gpucal.data.spectrum import Spectrum
from gpucal.kernels.cubes.aperture_sums import Circles, Cube, Sums, clip_bounds, sum_circles, sum_planes
from gpucal.steps.parts.extraction import cube_tables as tables
from gpucal.steps.parts.extraction.cube_apertures import WIDTHS, CubeAperture, aperture_in, on_backend
from gpucal.steps.parts.extraction.cube_centroid import brightest_source
from gpucal.steps.parts.extraction.cube_coordinates import CubeCoordinates
from gpucal.steps.parts.extraction.cube_correction import corrections
from gpucal.steps.parts.fringes.errors import NotFitted
from gpucal.steps.parts.fringes.spectrum import corrected

log = logging.getLogger(__name__)

# The unit that cubes are in, if they are calibrated.
BRIGHTNESS = "MJy/sr"

POINT, EXTENDED = "POINT", "EXTENDED"

CHANNELS, BANDS = ("1", "2", "3", "4"), ("SHORT", "MEDIUM", "LONG")


class Aperture(NamedTuple):
    """What was summed.

    Attributes
    ----------
    place : (float, float)
        x and y of the centre, pixels.
    circles : Circles or None
        On the host; None for the whole field.
    scale : float or None
        The side of a spaxel, arcsec, where that counts.
    """

    place: tuple[float, float]
    circles: Circles | None = None
    scale: float | None = None


def spectra_of_cube(step, exposure, references) -> Spectra:
    """Extract the spectrum of a cube.

    Parameters
    ----------
    step : Step
        With the parameters of ``extract_1d`` for cubes.
    exposure : Exposure
        An ``IFUCubeModel``; not changed.
    references : StepReferences
        ``extract1d``, without which only the whole field can be extracted, and ``apcorr``.

    Returns
    -------
    Spectra
        With one spectrum.

    Raises
    ------
    SkipStep
        If there is no aperture for a point source, or no coordinates on the sky.
    GpucalError
        If a reference, the place of the aperture, or the coordinates of the cube will not do.
    """
    coordinates = CubeCoordinates.of(exposure)
    kind = source_type_of(step, exposure)
    extract1d, apcorr = references["extract1d"], references["apcorr"] if step.apply_apcorr else None
    cube = Cube(exposure.data, exposure.err, exposure.weightmap)
    if kind == POINT:
        aperture = point_aperture(step, exposure, extract1d, coordinates)
        sums = sums_in(cube, aperture.circles, step.bkg_sigma_clip)
    else:
        _, ny, nx = coordinates.shape
        aperture = Aperture(((nx - 1) / 2, (ny - 1) / 2))
        sums = on_host(sum_planes(cube, clip_bounds(cube, step.bkg_sigma_clip)))
    product = tables.MRS if is_miri(exposure) else tables.OTHERS
    columns = columns_of(step, exposure, sums, aperture, coordinates)
    if kind == POINT and apcorr is not None:
        place = aperture.circles.radius, coordinates.scale_at(coordinates.sky, direction_of(exposure))
        tables.correct(columns, corrections(apcorr, coordinates.wavelength, *place))
    table = tables.table_of(product, coordinates.wavelength, columns)
    values = values_of(exposure, kind, aperture, coordinates)
    made = Spectra.like(exposure, product, [Spectrum(values, table, tables.units_of(product), coordinates.sky)])
    made.kept_meta.pop("wcs", None)
    return made


def is_miri(exposure) -> bool:
    """Whether it is a cube of MIRI."""
    return str(exposure.meta.instrument.name).upper() == "MIRI"


def direction_of(exposure) -> int | None:
    """The dispersion axis that the header tells."""
    return exposure.meta.wcsinfo.dispersion_direction


def source_type_of(step, exposure) -> str:
    """The type of the source; extended where nothing tells."""
    if step.ifu_set_srctype is not None and is_miri(exposure):
        return step.ifu_set_srctype
    told = str(exposure.meta.target.source_type).upper()
    if told not in (POINT, EXTENDED):
        log.warning("The type of the source is %s: it is taken for extended", told)
        return EXTENDED
    return told


def point_aperture(step, exposure, reference, coordinates: CubeCoordinates) -> Aperture:
    """The circles about a point source."""
    if reference is None:
        raise SkipStep("there is no extract1d reference, which has the apertures of point sources")
    told = aperture_in(reference)
    place, is_target = place_of(step, exposure, coordinates)
    meta = exposure.meta
    sky = (meta.target.ra, meta.target.dec) if is_target else (meta.wcsinfo.crval1, meta.wcsinfo.crval2)
    scale = coordinates.scale_at(coordinates.sky if None in sky else sky, direction_of(exposure))
    circles = scaled(told, step, exposure).circles(place, coordinates.wavelength, scale)
    radius = circles.radius[np.isfinite(coordinates.wavelength)]
    if not (radius > 0).all():
        raise GpucalError(f"extract1d reference {reference.label}: has no radius at some wavelength of the cube")
    return Aperture(place, circles, scale)


def scaled(told: CubeAperture, step, exposure) -> CubeAperture:
    """The aperture that parameters make of the one of the reference."""
    if step.ifu_rscale is not None and is_miri(exposure):
        told = told._replace(radius=told.radius * (step.ifu_rscale / WIDTHS))
    return told if step.subtract_background is None else told._replace(subtracts=step.subtract_background)


def place_of(step, exposure, coordinates: CubeCoordinates) -> tuple[tuple[float, float], bool]:
    """x and y of the centre of an aperture, and whether it is that of the target."""
    if step.center_xy is not None:
        x, y = map(float, step.center_xy)
        _, ny, nx = coordinates.shape
        if not (-0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5):
            raise GpucalError(
                f"{exposure.source}: center_xy {x:g}, {y:g} is not in the cube, which has {nx} columns and {ny} rows"
            )
        log.info("The centre of the aperture is x %g, y %g, as center_xy says", x, y)
        return (x, y), False
    if step.ifu_autocen:
        found = brightest_source(exposure.data, coordinates.wavelength)
        if found is not None:
            log.info("The centre of the aperture is the brightest source, at x %.3f, y %.3f", *found)
            return found, False
        log.warning("No source stands out in the cube: the place of the target is used")
    target = coordinates.place_of_target(exposure.meta.target.ra, exposure.meta.target.dec)
    if target is None:
        log.warning("The aperture is in the middle of the field")
        return coordinates.middle, False
    log.info("The centre of the aperture is the target, at x %.3f, y %.3f", *target)
    return target, True


def sums_in(cube: Cube, circles: Circles, sigma: float) -> Sums:
    """Sums over circles, on the host; the background is taken away from the source, and its variance is added.

    In jwst 3.0.0 outliers of the background have no value, and count in its area all the same.
    """
    has_annulus = circles.outer > 0
    xp = current_backend().xp
    bounds = clip_bounds(cube, sigma) if has_annulus.any() else xp.full((len(cube.data), 2), np.nan)
    sums = on_host(sum_circles(cube, on_backend(known(circles)), bounds, as_peer()))
    ring = np.where(has_annulus, np.pi * (circles.outer**2 - circles.inner**2), 0.0)
    bkg_area = np.where(sums.bkg_area == 0, ring, sums.bkg_area)
    area = np.where(sums.area == 0, areas_of(circles), sums.area)
    share = np.divide(area, bkg_area, out=np.zeros_like(area), where=bkg_area > 0)
    with np.errstate(invalid="ignore"):  # of values that are infinite
        value, variance = sums.value - sums.background * share, sums.variance + sums.bkg_variance * share**2
    return sums._replace(value=value, variance=variance, bkg_area=bkg_area)


def known(circles: Circles) -> Circles:
    """The same with empty circles where a plane has no wavelength."""
    return circles._replace(
        **{name: np.nan_to_num(getattr(circles, name), nan=0.0) for name in ("radius", "inner", "outer")}
    )


def areas_of(circles: Circles) -> np.ndarray:
    """The areas of whole circles, pixels."""
    return np.pi * circles.radius**2


def on_host(sums: Sums) -> Sums:
    """The same with its arrays on the host."""
    return Sums(*map(current_backend().asnumpy, sums))


def columns_of(step, exposure, sums: Sums, aperture: Aperture, coordinates: CubeCoordinates) -> dict:
    """The columns of the spectrum, residual fringes corrected in those that are for it."""
    area = exposure.meta.photometry.pixelarea_steradians
    if area is None:
        log.warning("The area of a spaxel is not known (PIXAR_SR): fluxes are not right")
        area = 1.0
    if exposure.meta.bunit_data != BRIGHTNESS:
        log.warning(
            "%s: values are in %s, not in %s: the columns of the spectrum are not in the units that they tell",
            exposure.source, exposure.meta.bunit_data, BRIGHTNESS,
        )  # fmt: skip
    nplanes, ny, nx = coordinates.shape
    whole = np.full(nplanes, float(ny * nx)) if aperture.circles is None else areas_of(aperture.circles)
    columns = tables.columns_of_sums(sums, whole, area, step.ifu_covar_scale)
    if step.ifu_rfcorr and is_miri(exposure):
        columns |= defringed(columns, coordinates.wavelength, exposure.meta.instrument, area)
    return columns


def defringed(columns: dict, wavelength: np.ndarray, instrument, area: float) -> dict[str, np.ndarray]:
    """The columns that can be corrected for residual fringes: those of one band of one channel."""
    if instrument.channel not in CHANNELS or str(instrument.band).upper() not in BANDS:
        log.info("Residual fringes are not corrected: the cube is not of one band")
        return {}
    made = {}
    for name, called in tables.DEFRINGED.items():
        # As it was summed: the fit does not take fluxes.
        unit = area * tables.JANSKY if name == "FLUX" else 1.0
        try:
            made[called] = corrected(columns[name] / unit, wavelength, int(instrument.channel)) * unit
        except NotFitted as error:
            log.warning("Residual fringes of %s are not corrected: %s", name, error)
    return made


def values_of(exposure, kind: str, aperture: Aperture, coordinates: CubeCoordinates) -> dict:
    """What the header of the spectrum tells."""
    meta = exposure.meta
    x, y = aperture.place
    values = {
        "slit_ra": coordinates.sky[0], "slit_dec": coordinates.sky[1],
        "name": meta.exposure.type, "detector": meta.instrument.detector, "source_type": kind,
        "extraction_x": x, "extraction_y": y, "position_angle": meta.aperture.position_angle,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value is not None}
