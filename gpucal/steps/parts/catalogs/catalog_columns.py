"""The columns of a catalog of sources: values, units, formats and descriptions.

Source: "output products" in the documentation of ``source_catalog``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/source_catalog/main.html.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

# The AB magnitude of one jansky.
MAGNITUDE_OF_JANSKY = 8.9

PLACE, FLUX, SHAPE = ".4f", ".6e", ".6f"


class Column(NamedTuple):
    """A column.

    Attributes
    ----------
    name, description : str
        For readers.
    values : array or SkyCoord
        One for each source.
    unit : str or None
        The unit of values that have one.
    format : str or None
        How they are written.
    """

    name: str
    description: str
    values: Any
    unit: str | None = None
    format: str | None = None


def as_table(columns: list[Column], meta: dict):
    """An astropy QTable of columns."""
    from astropy import units
    from astropy.table import QTable

    table = QTable(meta=meta)
    for column in columns:
        table[column.name] = column.values if column.unit is None else column.values * units.Unit(column.unit)
        table[column.name].info.description = column.description
        if column.format is not None:
            table[column.name].info.format = column.format
    return table


def magnitude_columns(name: str, about: str, flux, flux_err, vega_offset: float, systems=("abmag", "vegamag")):
    """Columns of a flux as magnitudes, with their errors.

    Parameters
    ----------
    name, about : str
        What the columns are called, without the system of magnitudes; and what they are of.
    flux, flux_err : (nsources,) float64 array
        Jansky; of negative fluxes there is no magnitude.
    vega_offset : float
        AB less Vega magnitude.
    systems : sequence of str
        Which to make.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        positive = np.where(flux < 0, np.nan, flux)
        magnitude = -2.5 * np.log10(positive) + MAGNITUDE_OF_JANSKY
        error = 2.5 * np.log10(1 + flux_err / positive)
    offsets = {"abmag": ("AB", 0.0), "vegamag": ("Vega", vega_offset)}
    for system in systems:
        word, offset = offsets[system]
        yield Column(f"{name}_{system}", f"{word} magnitude {about}", magnitude - offset, None, SHAPE)
        yield Column(f"{name}_{system}_err", f"Error of the {word} magnitude {about}", error, None, SHAPE)


def aperture_columns(photometry, apertures, vega_offset: float) -> Iterator[Column]:
    """Columns of fluxes and magnitudes in apertures: all fluxes, then all magnitudes of one system and of the other."""
    yield Column(
        "aper_bkg_flux", "Clipped median of the ring about the source, for a pixel", photometry.background, "Jy", FLUX
    )
    yield Column("aper_bkg_flux_err", "Standard error of that median", photometry.background_err, "Jy", FLUX)
    largest = f"{apertures.labels[-1]}%"
    named = [
        (f"aper{label}", f"in the circle with {label}% of a star's light", flux, err)
        for label, flux, err in zip(apertures.labels, photometry.flux, photometry.flux_err, strict=True)
    ]
    total = (apertures.corrections[-1] * each[-1] for each in (photometry.flux, photometry.flux_err))
    named.append(("aper_total", f"of all light, if it is a star, from the circle with {largest} of it", *total))
    for name, about, flux, err in named:
        yield Column(f"{name}_flux", f"Flux {about}", flux, "Jy", FLUX)
        yield Column(f"{name}_flux_err", f"Error of the flux {about}", err, "Jy", FLUX)
    for system in ("abmag", "vegamag"):
        for name, about, flux, err in named:
            yield from magnitude_columns(name, about, flux, err, vega_offset, (system,))


def concentration_columns(photometry, apertures, thresholds) -> Iterator[Column]:
    """Columns of the ratios of fluxes in apertures, and whether a source is larger than a star."""
    ratios = []
    for small, large in ((0, 1), (1, 2), (0, 2)):
        first, second = apertures.labels[small], apertures.labels[large]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(photometry.flux[large] / photometry.flux[small])
        about = f"Concentration: aper{second}_flux over aper{first}_flux"
        yield Column(f"CI_{second}_{first}", about, ratios[-1], None, PLACE)
    is_extended = (ratios[0] > thresholds[0]) & (ratios[1] > thresholds[1])
    yield Column("is_extended", "Whether the source is larger than a star", is_extended)


def isophotal_columns(measured: dict, north: float, vega_offset: float) -> Iterator[Column]:
    """Columns of what a finder measures in the pixels of a source; NaN where it does not.

    Parameters
    ----------
    measured : dict of str to (nsources,) array
        As of `gpucal.steps.parts.catalogs.star_finding.find_sources`.
    north : float
        The angle from the x axis to north, degrees.
    vega_offset : float
        AB less Vega magnitude.
    """
    unknown = np.full(len(measured["flux"]), np.nan)
    flux, err = measured["flux"], measured.get("flux_err", unknown)
    yield Column("isophotal_flux", "Flux in the pixels of the source", flux, "Jy", FLUX)
    yield Column("isophotal_flux_err", "Error of that flux", err, "Jy", FLUX)
    yield from magnitude_columns("isophotal", "in the pixels of the source", flux, err, vega_offset)
    yield Column("isophotal_area", "Area of the pixels of the source", measured.get("area", unknown), "pix2")
    moments = "of the Gaussian with the same second moments"
    for axis, name in (("major", "semimajor"), ("minor", "semiminor")):
        about = f"Standard deviation along the {axis} axis {moments}"
        yield Column(f"{name}_sigma", about, measured.get(name, unknown), "pix", SHAPE)
    yield Column("ellipticity", "1 less minor over major axis", measured.get("ellipticity", unknown), "", SHAPE)
    orientation = measured.get("orientation", unknown)
    yield Column("orientation", "Angle from the x axis to the major axis, towards y", orientation, "deg", SHAPE)
    on_sky = (180 - north + orientation) % 360
    yield Column("sky_orientation", "Position angle of the major axis, from north", on_sky, "deg", SHAPE)


def corner_columns(measured: dict, sky_at) -> Iterator[Column]:
    """Columns of where the corners of a box about the pixels of a source are on the sky.

    The box ends at the lower and left borders of the outermost pixels, and, as that of photutils, one pixel beyond
    their upper and right borders.

    Parameters
    ----------
    measured : dict of str to (nsources,) array
        As of `gpucal.steps.parts.catalogs.star_finding.find_sources`.
    sky_at : callable
        Makes sky coordinates of x and y.
    """
    corners = {"ll": ("first", "first"), "ul": ("first", "last"), "lr": ("last", "first"), "ur": ("last", "last")}
    words = {"ll": "lower left", "ul": "upper left", "lr": "lower right", "ur": "upper right"}
    beyond = {"first": -0.5, "last": 1.5}
    for corner, (x, y) in corners.items():
        values = np.full(len(measured["flux"]), np.nan)
        if "first_x" in measured:
            values = sky_at(measured[f"{x}_x"] + beyond[x], measured[f"{y}_y"] + beyond[y])
        yield Column(f"sky_bbox_{corner}", f"The {words[corner]} corner of the box about the source", values)
