"""The resample step."""

import logging

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.memory import available_host_bytes, in_words
from gpucal.core import GpucalError, Step
from gpucal.data import Members
from gpucal.data.blending import blend
from gpucal.steps.parts.alike import check_alike
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.mosaics.drizzling import Drizzling
from gpucal.steps.parts.mosaics.mosaic import COMBINED, DRIZZLED, Mosaic, fill_value
from gpucal.steps.parts.mosaics.mosaic_keywords import (
    write_correlation,
    write_grid,
    write_region,
    write_times,
)
from gpucal.wcs.given_grid import given_grid
from gpucal.wcs.output_grid import GridOptions, OutputGrid, corners_of, output_grid

log = logging.getLogger(__name__)

LIMITS = {
    "pixfrac": (0, 1),
    "output_shape": (1, 1_000_000_000),
    "crpix": (-1e9, 1e9),
    "crval": ((-360, -90), (360, 90)),
    "rotation": (-1e6, 1e6),
    "pixel_scale_ratio": (0.01, 1e6),
    "pixel_scale": (0.001, 1e6),
}

# Bytes of a pixel of the mosaic, at least: sums of weights and values, and where errors are made, those of variances.
SUM_BYTES, VARIANCE_BYTES = 16, 24


class ResampleStep(Step):
    """Combine images to a mosaic: drizzle them onto a grid of square pixels without distortion.

    The grid is scaled and turned as the first exposure is, and holds all of them, unless parameters say otherwise.
    Flagged pixels (DO_NOT_USE, NON_SCIENCE) have no weight. The product has the data, their weight, error and
    variances, and which exposures contributed to each pixel.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.resample`, the grid in `gpucal.wcs.output_grid`. The pixel map is
    evaluated for each pixel, whatever ``pixmap_stepsize`` is, and images are in memory one at a time. A single exposure
    that does not come as the members of a product keeps its header as it is; others are blended.
    """

    class_alias = "resample"
    over_members = True
    suffix_in_pipeline = "i2d"
    spec = """
        pixfrac = float(min=0.0, max=1.0, default=1.0)  # fraction of its sides that a pixel is shrunken to
        kernel = option('square','gaussian','point','turbo','lanczos2','lanczos3',default='square')  # how it is spread
        fillval = string(default='NAN')  # value of pixels without data: a number, NAN or INDEF
        weight_type = option('ivm', 'exptime', None, default='ivm')  # by 1 / VAR_RNOISE, by time, or all alike
        output_shape = int_list(min=2, max=2, default=None)  # columns and rows of the mosaic
        crpix = float_list(min=2, max=2, default=None)  # x and y of the reference pixel, from 0
        crval = float_list(min=2, max=2, default=None)  # its right ascension and declination, degrees
        rotation = float(default=None)  # position angle of the y axis, degrees; None takes that of the first image
        pixel_scale_ratio = float(default=1.0)  # side of a pixel over that of the first image
        pixel_scale = float(default=None)  # side of a pixel, arcsec, in place of the ratio
        output_wcs = string(default='')  # ASDF file with the coordinates of the mosaic, in place of those above
        single = boolean(default=False)  # one mosaic for each group of images taken together, named after its first
        blendheaders = boolean(default=True)  # combine the headers, and keep each of them in a table
        in_memory = boolean(default=True)  # read for jwst's sake: images are in memory one at a time
        enable_ctx = boolean(default=True)  # keep which images contributed to each pixel
        enable_err = boolean(default=True)  # make the error, and the variances
        report_var = boolean(default=True)  # keep the variances
        propagate_dq = boolean(default=False)  # keep the flags of all pixels that contributed
        pixmap_stepsize = float(default=1.0)  # read for jwst's sake: the map is exact for each pixel
        pixmap_order = integer(default=1)  # read for jwst's sake: nothing is interpolated
    """
    input_types = ("ImageModel",)

    def process(self, members, references):
        """Combine the images of a product.

        Raises
        ------
        GpucalError
            If a header lacks what the grid needs, parameters are out of their limits or do not fit each other, or the
            mosaic is too large for the memory.
        """
        check_alike(members)
        check_limits(self, LIMITS)
        wcses = [member.get_wcs() for member in members]
        grid = self.grid_of(members, wcses)
        self.check_size(grid)
        drizzling = Drizzling.onto(grid, self.kernel, self.pixfrac, self.weight_type)
        if self.single:
            return self.singles(members, wcses, drizzling)
        errors = COMBINED if self.enable_err else None
        return self.mosaic(members, range(len(members)), wcses, drizzling, errors)

    def singles(self, members, wcses, drizzling: Drizzling) -> Members:
        """A mosaic for each group, named after its first exposure."""
        log.info("single: there are %d mosaics on one grid, one for each group of exposures", len(members.groups))
        made = []
        for group in members.groups:
            made.append(self.mosaic(members, group, wcses, drizzling, DRIZZLED))
            made[-1].source = members[group[0]].source
        return Members(made)

    def grid_of(self, members, wcses) -> OutputGrid:
        """The grid of the mosaic: the one that is given, or the one that holds all."""
        if self.output_wcs:
            for member in members:
                corners_of(member)  # of which those of the mosaic are made
            return given_grid(self.output_wcs, self.output_shape, members[0])
        options = GridOptions(
            self.pixel_scale, self.pixel_scale_ratio, self.rotation, self.crpix, self.crval, self.output_shape,
            all_borders=not as_peer(),
        )  # fmt: skip
        return output_grid(members, wcses, options)

    def check_size(self, grid: OutputGrid) -> None:
        """See that there is room for the sums of a mosaic."""
        ny, nx = grid.shape
        needed = ny * nx * (SUM_BYTES + (VARIANCE_BYTES if self.enable_err else 0))
        free = current_backend().capacity() or available_host_bytes()
        if free is not None and needed > free:
            raise GpucalError(
                f"the mosaic would have {nx} x {ny} pixels, which need more than {in_words(needed)} of memory, and "
                f"{in_words(free)} are free; ask for another pixel_scale, pixel_scale_ratio, crpix or output_shape"
            )

    def mosaic(self, members, places, wcses, drizzling: Drizzling, errors: str | None):
        """The mosaic of some of the members."""
        made = Mosaic(
            drizzling, len(places), errors, with_context=self.enable_ctx or self.single, with_flags=self.propagate_dq
        )
        for place in places:
            with members.lease(place, keep=False) as exposure:
                log.info("Resampling %s", exposure.source)
                made.add(exposure, wcses[place])
        arrays = made.arrays(fill_value(self.fillval))
        if not self.report_var:
            arrays = {name: array for name, array in arrays.items() if not name.startswith("var_")}
        product = self.described(members, places, drizzling.grid, arrays)
        if "err" in arrays and not as_peer():
            write_correlation(product.model, made.scatter_over_error)
        return product

    def described(self, members, places, grid: OutputGrid, arrays: dict):
        """A product of these arrays, and its header."""
        chosen = Members([members[place] for place in places], members.membership)
        product = chosen.blank("ImageModel", **arrays)
        meta = product.meta
        if self.blendheaders and not members.is_one_exposure:
            blend(product.model, [member.model for member in chosen])
        if "err" not in arrays and meta.bunit_err is not None:
            del meta.bunit_err
        write_times(meta, chosen, chosen.groups)
        meta.resample.pointings = len(chosen.groups)
        meta.resample.pixel_scale_ratio = grid.pixel_scale_ratio
        for name in ("pixfrac", "kernel", "fillval", "weight_type"):
            setattr(meta.resample, name, getattr(self, name))
        meta.background.level = meta.background.subtracted = None
        write_grid(product, grid)
        write_region(meta, members, grid)
        product.set_wcs(grid.wcs.to_tree())
        return product
