"""The tso_photometry step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError, Step
from gpucal.data import InputError, TableProduct
from gpucal.kernels.series.aperture_sums import Radii
from gpucal.steps.parts.light_curves.photometry import OF_RING, aperture_columns, frame_columns
from gpucal.steps.parts.light_curves.scatter import tell_scatter
from gpucal.steps.parts.light_curves.source_places import Integrations, Places, find_source
from gpucal.steps.parts.light_curves.times import times_of
from gpucal.steps.parts.light_curves.units import needs_gain, scale_of
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.sky.geometry import places_of

log = logging.getLogger(__name__)

# The star fills the whole frame, and there is no background in it.
WHOLE_FRAME = ("WLP8", "SUB64P")  # PUPIL, SUBARRAY

LIMITS = {
    "radius": (1e-6, 1e4), "radius_inner": (0, 1e4), "radius_outer": (1e-6, 1e4),
    "search_box_width": (1, 4095), "fit_box_width": (1, 4095),
}  # fmt: skip


class TSOPhotometryStep(Step):
    """Measure the light of a star in each integration of a series of images.

    The star is looked for near to where the header has it; its light in a circle, less the background of a ring, is a
    row of a table, with the time of the integration, its place, and the widths of a Gaussian. The product is saved as
    ECSV. Fluxes are in jansky or, where the images were not calibrated, electrons. How much the light scatters is told
    in the log.

    Notes
    -----
    How the star is found is described in `gpucal.steps.parts.light_curves.source_places`, and what is summed in
    `gpucal.steps.parts.light_curves.photometry`. Beyond what jwst does, two columns tell how many pixels of the circle
    and of the ring have no value.
    """

    class_alias = "tso_photometry"
    spec = """
        save_catalog = boolean(default=False)  # save the table of each exposure
        radius = float(default=3.0)  # of the circle, pixels
        radius_inner = float(default=4.0)  # of the ring for the background, its inner edge, pixels
        radius_outer = float(default=5.0)  # of the ring for the background, its outer edge, pixels
        centroid_source = boolean(default=True)  # look for the star; if not, it is where the header says
        search_box_width = integer(default=41)  # sides of the box in which it is looked for first, odd
        fit_box_width = integer(default=11)  # sides of the box in which its centre and widths are measured, odd
        moving_centroid = boolean(default=False)  # let the circle follow the star
    """
    suffix_in_pipeline = "phot"
    reference_file_types = ("gain",)
    optional_references = reference_file_types
    input_types = ("CubeModel",)

    def uses(self, exposure):
        """The gain, if the images are rates."""
        return self.reference_file_types if needs_gain(exposure) else ()

    @property
    def saves(self) -> bool:
        """Whether the table of an exposure is saved: also where ``save_catalog`` asks for it."""
        return super().saves or self.save_catalog

    def product_suffix(self, exposure):
        """``phot``, unless the user chose another."""
        return self.suffix or "phot"

    def process(self, exposure, references):
        """Make the table.

        Returns
        -------
        TableProduct

        Raises
        ------
        GpucalError
            If a parameter will not do, or the header does not tell where the star is, the unit, or the times.
        """
        check_limits(self, LIMITS)
        if self.radius_inner >= self.radius_outer:
            raise GpucalError(
                f"radius_inner {self.radius_inner} is not less than radius_outer {self.radius_outer}"
            )
        times = times_of(exposure)
        gain = references["gain"] if self.uses(exposure) else None
        integrations = Integrations(exposure, scale_of(exposure, gain))
        start = planned_place(exposure)
        places = self.places_in(integrations, start) if self.centroid_source else None
        x, y = self.middles(start, places, integrations.nints)
        if is_whole_frame(exposure):
            about = "sum of all pixels of the subarray, without a background"
            columns = frame_columns(integrations)
        else:
            about = (
                f"circle with a radius of {self.radius} pixels; background: mean of the ring from "
                f"{self.radius_inner} to {self.radius_outer} pixels"
            )
            columns = aperture_columns(
                integrations, x, y, Radii(self.radius, self.radius_inner, self.radius_outer)
            )
            tell_lost(exposure, columns)
        tell_scatter(exposure.source, columns["net_aperture_sum"], columns["net_aperture_sum_err"])
        table = table_of(exposure, times, columns, (x, y), places, integrations.scale.unit, about)
        return TableProduct(table, exposure)

    def places_in(self, integrations: Integrations, start) -> Places:
        """Where the star is in each integration."""
        search = odd_side("search_box_width", self.search_box_width)
        box = odd_side("fit_box_width", self.fit_box_width)
        return find_source(integrations, start, search, box, self.radius_inner)

    def middles(self, start, places: Places | None, nints: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the circle in each integration."""
        if places is not None and not places.found:
            log.warning(
                "The star is not found in any integration, and is taken to be where the header has it"
            )
        if places is None or not places.found:
            middle, words = start, "by the header"
        else:
            middle, words = places.middle, "by the median of its centres"
        log.info("The star is at x %.2f, y %.2f, %s", *middle, words)
        if places is not None and places.found and self.moving_centroid:
            return places.x, places.y
        return np.full(nints, middle[0]), np.full(nints, middle[1])


def odd_side(name: str, given: int) -> int:
    """The sides of a box about a pixel: one less than those given, if these are even."""
    if given % 2:
        return given
    log.warning("%s is %d; a box about a pixel has odd sides, so %d is used", name, given, given - 1)
    return max(1, given - 1)


def planned_place(exposure) -> tuple[float, float]:
    """x and y, from 0, where the star should be.

    Raises
    ------
    InputError
        If the header does not tell.
    """
    wcsinfo = exposure.meta.wcsinfo
    place = {"XREF_SCI": wcsinfo.siaf_xref_sci, "YREF_SCI": wcsinfo.siaf_yref_sci}
    missing = [keyword for keyword, value in place.items() if value is None]
    if missing:
        raise InputError(
            f"{exposure.source}: the header lacks {' and '.join(missing)}, where the star should be"
        )
    x, y = (value - 1 for value in place.values())
    return x, y


def is_whole_frame(exposure) -> bool:
    """Whether all of the subarray is summed."""
    meta = exposure.meta
    return (meta.instrument.pupil, meta.subarray.name) == WHOLE_FRAME


def tell_lost(exposure, columns) -> None:
    """Log what apertures lack: that they have no pixel at all, or how often one has no value."""
    nints = len(columns["aperture_sum"])
    if empty := int(np.isnan(columns["net_aperture_sum"]).sum()):
        log.warning(
            "%s: %d of %d integrations have no light curve, as the circle or the ring has no pixel with a value",
            exposure.source, empty, nints,
        )  # fmt: skip
    lacking = int((columns["aperture_bad_pixels"] > 0).sum())
    if lacking:
        log.warning(
            "%s: in %d of %d integrations pixels of the circle have no value: their light is missing there "
            "(column aperture_bad_pixels)", exposure.source, lacking, nints,
        )  # fmt: skip


def table_of(exposure, times, columns, middles, places: Places | None, unit: str, about: str):
    """The table, an astropy QTable with a row for each integration."""
    from astropy import units
    from astropy.table import QTable

    meta, pixel, degree, unit = exposure.meta, units.pix, units.deg, units.Unit(unit)
    table = QTable(
        meta={
            "instrument": meta.instrument.name,
            "detector": meta.instrument.detector,
            "channel": meta.instrument.channel,
            "subarray": meta.subarray.name,
            "filter": meta.instrument.filter,
            "pupil": meta.instrument.pupil,
            "target_name": meta.target.catalog_name,
            "apertures": about,
        }
    )
    table["MJD"], table["BJD_TDB"] = times
    no_ring = is_whole_frame(exposure)
    for name, values in columns.items():
        if not name.endswith("_bad_pixels"):
            table[name] = values if no_ring and name in OF_RING else values << unit
    sky = places_of(exposure.get_wcs(), *middles)
    for name, values, own in zip(
        ("aperture_x", "aperture_y", "aperture_ra_icrs", "aperture_dec_icrs"),
        (*middles, *sky), (pixel, pixel, degree, degree), strict=True,
    ):  # fmt: skip
        table[name] = values << own
    if places is not None:
        given = zip(
            ("centroid_x", "centroid_y", "psf_width_x", "psf_width_y", "psf_flux"), places, strict=True
        )
        for name, values in given:
            if values is not None:
                table[name] = values << (unit if name == "psf_flux" else pixel)
    if not as_peer():
        for name in ("aperture_bad_pixels", "annulus_bad_pixels"):
            table[name] = columns[name]
    return table
