"""The direct image of a field, what was found in it, and where: the files that a grism exposure is calibrated with.

Columns of the catalogue: https://jwst-pipeline.readthedocs.io/en/latest/jwst/source_catalog/main.html.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import find_objects

from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.imaging_references import nominal_area
from gpucal.simulate.spectra.slitless.grism_painting import JANSKY, in_pixels
from gpucal.simulate.spectra.slitless.grism_scene import FieldSource
from gpucal.simulate.spectra.slitless.grisms import Grism
from gpucal.startup.lazy import datamodels

SIDE = 2100  # pixels
NOISE, SKY = 0.02, 0.2  # MJy/sr
FAINTEST = 0.15  # surface brightness of segments, MJy/sr
REACH = 25  # pixels about a source that are looked at
CORNERS = {"ll": (0, 0), "lr": (1, 0), "ul": (0, 1), "ur": (1, 1)}


@dataclass(frozen=True)
class DirectImage:
    """The files of a direct image.

    Attributes
    ----------
    image, segments, catalogue : Path
    """

    image: Path
    segments: Path
    catalogue: Path


def write_direct_image(stem: Path, header, sources: dict[FieldSource, tuple[float, float]], grism: Grism, plan, rng):
    """Write the mosaic, segmentation map and catalogue of a field.

    Parameters
    ----------
    stem : Path
        What file names begin with.
    header : GrismHeader
        Of the exposure that is not dithered; the mosaic has its orientation.
    sources : dict
        FieldSource -> right ascension and declination, degrees.
    grism : Grism
    plan : GrismFieldPlan
    rng : numpy.random.Generator

    Returns
    -------
    DirectImage
    """
    wcs = _wcs(header, grism)
    area = nominal_area(grism.detector)
    image, segments = np.full((SIDE, SIDE), SKY), np.zeros((SIDE, SIDE), np.uint32)
    brightest = np.full((SIDE, SIDE), FAINTEST)
    places = dict(zip(sources, np.transpose(wcs.invert(*np.transpose(list(sources.values())))).tolist(), strict=True))
    for source, (x, y) in places.items():
        window, light = _light(x, y, np.hypot(grism.sigma, source.sigma))
        light = light * source.mean_flux(plan.wavelengths) * JANSKY / area
        image[window] += light
        is_here = light > brightest[window]
        segments[window][is_here], brightest[window][is_here] = source.label, light[is_here]
    image += NOISE * rng.standard_normal(image.shape)
    files = DirectImage(*(stem.with_name(f"{stem.name}_{end}") for end in ("i2d.fits", "segm.fits", "cat.ecsv")))
    mosaic = datamodels.ImageModel(data=image.astype(np.float32), err=np.full(image.shape, NOISE, np.float32))
    _save(mosaic, files.image, wcs, grism, plan)
    _save(datamodels.SegmentationMapModel(data=segments), files.segments, wcs, grism, plan)
    boxes = find_objects(segments.astype(np.int32))
    found = [one for one in sources if one.label <= len(boxes) and boxes[one.label - 1] is not None]
    rows = {source: (places[source], boxes[source.label - 1]) for source in sorted(found, key=lambda one: one.label)}
    _catalogue(rows, wcs, plan).write(files.catalogue, format="ascii.ecsv", overwrite=True)
    return files


def _wcs(header, grism):
    """Gnomonic, north of the ideal axes upwards, with the pixels of the detector."""
    import gwcs
    from astropy import units
    from astropy.coordinates import ICRS
    from astropy.modeling import models
    from gwcs import coordinate_frames

    pointing, middle = header.pointing, (SIDE - 1) / 2
    angle = np.deg2rad(pointing.roll_ref + header.angle)
    cosine, sine, scale = np.cos(angle), np.sin(angle), pixel_scale(grism.detector) / 3600
    turn = models.AffineTransformation2D(matrix=[[header.parity * cosine, sine], [-header.parity * sine, cosine]])
    to_sky = (
        models.Shift(-middle) & models.Shift(-middle)
        | models.Scale(scale) & models.Scale(scale)
        | turn
        | models.Pix2Sky_TAN()
        | models.RotateNative2Celestial(pointing.ra_ref, pointing.dec_ref, 180.0)
    )
    pixels = coordinate_frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    sky = coordinate_frames.CelestialFrame(reference_frame=ICRS(), name="world")
    wcs = gwcs.WCS([(pixels, to_sky), (sky, None)])
    wcs.bounding_box, wcs.array_shape = ((-0.5, SIDE - 0.5), (-0.5, SIDE - 0.5)), (SIDE, SIDE)
    return wcs


def _light(x, y, sigma):
    """The part of an image about a place, and which part of the light of a source there falls into each pixel of it."""
    axes = []
    for place in (y, x):
        first = int(round(place)) - REACH
        axes.append(np.arange(max(first, 0), min(first + 2 * REACH + 1, SIDE)))
    window = tuple(slice(axis[0], axis[-1] + 1) if len(axis) else slice(0, 0) for axis in axes)
    return window, np.outer(in_pixels(axes[0] - y, sigma), in_pixels(axes[1] - x, sigma))


def _save(model, path, wcs, grism, plan) -> None:
    meta, niriss = model.meta, grism.instrument == "NIRISS"
    meta.telescope = "JWST"
    meta.instrument.name, meta.instrument.detector = grism.instrument, grism.detector
    meta.instrument.filter, meta.instrument.pupil = ("CLEAR", plan.band) if niriss else (plan.band, "CLEAR")
    meta.exposure.type = "NIS_IMAGE" if niriss else "NRC_IMAGE"
    meta.photometry.pixelarea_steradians = nominal_area(grism.detector)
    meta.photometry.pixelarea_arcsecsq = pixel_scale(grism.detector) ** 2
    meta.bunit_data = meta.bunit_err = "MJy/sr"
    meta.cal_step.resample = "COMPLETE"
    meta.filename, meta.wcs = path.name, wcs
    model.save(str(path))


def _catalogue(rows, wcs, plan):
    """A row for each source: its place, and the rows and columns of its segment."""
    from astropy import units
    from astropy.coordinates import SkyCoord
    from astropy.table import QTable

    found = list(rows)
    x, y = np.array([place for place, _ in rows.values()]).T
    flux = np.array([source.mean_flux(plan.wavelengths) for source in found])
    table = QTable(
        {
            "label": [source.label for source in found],
            "xcentroid": x * units.pix,
            "ycentroid": y * units.pix,
            "isophotal_flux": flux * units.Jy,
            "isophotal_abmag": [source.magnitude(plan.wavelengths) for source in found],
            "isophotal_abmag_err": np.full(len(found), 0.01),
            "is_extended": [source.sigma > 0 for source in found],
            "sky_centroid": SkyCoord(*wcs(x, y), unit="deg"),
        }
    )
    # The outer edges of the segments: left and right, lower and upper.
    boxes = np.array([[(part.start - 0.5, part.stop - 0.5) for part in box[::-1]] for _, box in rows.values()])
    for name, (right, upper) in CORNERS.items():
        table[f"sky_bbox_{name}"] = SkyCoord(*wcs(boxes[:, 0, right], boxes[:, 1, upper]), unit="deg")
    return table
