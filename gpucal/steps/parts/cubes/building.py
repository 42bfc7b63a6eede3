"""One cube: its exposures one after another, added to sums over its voxels, and the product that is made of these."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.memory import available_host_bytes, in_words
from gpucal.data import Members
from gpucal.errors import GpucalError
from gpucal.kernels.cubes.field import mark_slices
from gpucal.kernels.cubes.finish import blank, planes_of, torn_planes
from gpucal.kernels.cubes.sums import COUNT, NSUMS, VALUE, VARIANCE, WEIGHT, no_sums
from gpucal.steps.parts.cubes import extents, products, slicer_cube
from gpucal.steps.parts.cubes.grid import CubeGrid, Placement, grid_of
from gpucal.steps.parts.cubes.points import PointMaker
from gpucal.steps.parts.cubes.sampling import DRIZZLE, EMSM, Sampling
from gpucal.steps.parts.cubes.units import UNITS, Band
from gpucal.steps.parts.cubes.weighting import Drizzling, Shepard

log = logging.getLogger(__name__)

# Bytes of a voxel: its sums, and the arrays that are made of these.
VOXEL_BYTES = NSUMS * 8 + 16

NO_OFFSET = (0.0, 0.0)


class Frame(NamedTuple):
    """Which way a cube lies.

    Attributes
    ----------
    is_ifu : bool
        Whether its axes are those of the slicer.
    angle : float or None
        Else the position angle of the y axis, degrees, if it is not to point north.
    """

    is_ifu: bool
    angle: float | None


class CubeBuilder:
    """Builds one cube.

    Parameters
    ----------
    members : Members
        All exposures of the product.
    instrument : str
        In capitals.
    places : mapping of Band to list of int
        The exposures of each of its bands.
    sampling : Sampling
        How it is sampled.
    weighting : str
        ``drizzle``, ``msm`` or ``emsm``.
    offsets : mapping of int to (float, float)
        By how much exposures are moved to the east and north, arcsec; those that are not in it are not moved.
    """

    def __init__(
        self,
        members: Members,
        instrument: str,
        places: Mapping[Band, Sequence[int]],
        sampling: Sampling,
        weighting: str,
        offsets: Mapping[int, tuple[float, float]],
    ):
        self.members, self.instrument, self.places = members, instrument, places
        self.sampling, self.weighting, self.offsets = sampling, weighting, offsets

    def grid(self, frame: Frame, wanted: Placement, is_multi: bool) -> CubeGrid:
        """The voxels.

        Raises
        ------
        GpucalError
            If there is no room for so many, or exposures have no place on the sky.
        """
        turn = frame.angle
        corners = []
        for exposure, band, offset in self._exposures():
            if frame.is_ifu and turn is None:
                turn = extents.turn_of_slices(exposure, self.instrument, band)
                log.info("The slices of %s are turned by %.4f degrees", exposure.source, turn)
            by_keyword = extents.keyword_tells(exposure, self.instrument, list(self.places), is_multi, turn is not None)
            own = extents.corners_by_keyword(exposure) if by_keyword else None
            if own is None:
                own = extents.corners_by_pixels(exposure, self.instrument, band)
            corners.append(extents.moved(own, offset) if offset != NO_OFFSET else own)
        return grid_of(extents.joined(corners), self.sampling, turn, wanted, self.check_size)

    def check_size(self, nz: int, ny: int, nx: int) -> None:
        """See that there is room for a cube."""
        needed = nz * ny * nx * VOXEL_BYTES
        free = current_backend().capacity() or available_host_bytes()
        if free is not None and needed > free:
            raise GpucalError(
                f"the cube would have {nx} x {ny} spaxels and {nz} planes, which need {in_words(needed)}, and "
                f"{in_words(free)} are free; ask for larger scalexy or scalew, fewer bands, or less between "
                "wavemin and wavemax; exposures that lie far from each other make large cubes, too"
            )

    def build(self, grid: CubeGrid, with_field: bool, watched: Sequence[int] | None = None):
        """The arrays of the cube.

        Parameters
        ----------
        grid : CubeGrid
            The voxels.
        with_field : bool
            Whether holes in the field of exposures are flagged as such. Of MIRI there are none.
        watched : sequence of int, optional
            x, y and plane of a voxel; it is told what each exposure adds to it.

        Returns
        -------
        CubePlanes
        """
        sums = no_sums(grid.shape)
        with_field = with_field and UNITS[self.instrument].tells_field
        field = current_backend().xp.zeros(grid.shape, np.uint8) if with_field else None
        adding = Drizzling(grid) if self.weighting == DRIZZLE else Shepard(grid, self.sampling, self.weighting)
        maker = PointMaker(grid, self.instrument, adding.reach, with_field)
        for exposure, band, offset in self._exposures():
            log.info("Adding %s of %s", band, exposure.source)
            points = maker.of(exposure, band, offset)
            if points is None:
                log.warning("%s: no pixel of %s is good, and in reach of the cube", exposure.source, band)
                continue
            before = None if watched is None else _told(sums, watched)
            adding.add(points, sums)
            if watched is not None:
                _tell(watched, exposure.source, before, _told(sums, watched))
            if field is not None:
                mark_slices(field, points.places, points.wave, points.slices, adding.voxels, adding.field_reach)
        planes = planes_of(sums, field)
        if UNITS[self.instrument].is_torn:
            torn = torn_planes(planes)
            log.info("%d planes are blank, since some slices do not reach them", len(torn))
            blank(planes, torn)
        return planes

    def _exposures(self):
        """Exposures one after another, for each of their bands, with pixels; the band, and the offset."""
        for band, places in self.places.items():
            for place in places:
                with self.members.lease(place) as exposure:
                    yield exposure, band, self.offsets.get(place, NO_OFFSET)

    def internal(self, name: str):
        """The product in the coordinates of the slicer; see `gpucal.steps.parts.cubes.slicer_cube`."""
        (places,) = self.places.values()
        with self.members.lease(places[0]) as exposure:
            grid = slicer_cube.slicer_grid(exposure, self.sampling, self.check_size)
            product = self._blank(slicer_cube.slicer_planes(exposure, grid), name)
        product.wavetable = products.wavelength_table(grid)
        wcsinfo = product.kept_meta["wcsinfo"]
        products.drop_pointing(wcsinfo)
        slicer_cube.write_slicer_wcsinfo(wcsinfo, grid)
        product.meta.photometry.pixelarea_arcsecsq = product.meta.photometry.pixelarea_steradians = None
        products.write_sampling(product.meta, self.sampling, EMSM, 0, has_reach=False)
        product.set_wcs(slicer_cube.slicer_wcs(grid).to_tree())
        return product

    def product(self, grid: CubeGrid, planes, name: str, weight_power: float):
        """The product of the arrays.

        Parameters
        ----------
        grid : CubeGrid
            The voxels.
        planes : CubePlanes
            The arrays.
        name : str
            What it is called, without suffix.
        weight_power : float
            Of the distance, as the user gave it.
        """
        product = self._blank(planes, name)
        product.wavetable = products.wavelength_table(grid)
        products.write_wcsinfo(product.kept_meta["wcsinfo"], grid)
        if grid.step is None:
            product.wavedim = f"(1,{len(grid.z)})"
        product.meta.photometry.pixelarea_arcsecsq = grid.side**2
        product.meta.photometry.pixelarea_steradians = grid.side**2 * products.SQUARE_ARCSEC
        products.write_sampling(product.meta, self.sampling, self.weighting, weight_power)
        wcs = products.wcs_of(grid)
        product.set_wcs(wcs.to_tree())
        product.meta.wcsinfo.s_region = products.region_of(wcs, grid)
        return product

    def _blank(self, planes, name: str):
        """A product of arrays, with what headers of its exposures say."""
        own = [place for places in self.places.values() for place in places]
        product = self.members.blank("IFUCubeModel", own[0], **planes._asdict())
        product.source = product.meta.filename = name
        product.membership = replace(product.membership, product=name, is_named=True)
        if len(self.members) > 1:
            products.blended(product, self.members, own if as_peer() else list(dict.fromkeys(own)))
        product.kept_meta.pop("group_id", None)  # that of one exposure
        if UNITS[self.instrument].has_channels:
            product.meta.instrument.channel = products.channels_of(list(self.places))
        return product


def _told(sums, voxel: Sequence[int]) -> np.ndarray:
    """The sums of one voxel; on the host."""
    x, y, z = voxel
    return current_backend().asnumpy(sums[z, y, x]).copy()


def _tell(voxel: Sequence[int], source: str, before: np.ndarray, after: np.ndarray) -> None:
    """Tell what an exposure added to a voxel."""
    added = after - before
    if not added[COUNT]:
        log.info("Voxel %s: %s adds nothing", tuple(voxel), source)
        return
    mean, error = added[VALUE] / added[WEIGHT], np.sqrt(added[VARIANCE]) / added[WEIGHT]
    told = "Voxel %s: %s adds %d pixels of weight %.6g, whose mean is %.6g +- %.6g"
    log.info(told, tuple(voxel), source, int(added[COUNT]), added[WEIGHT], mean, error)
