"""How the points of an exposure are added to the sums of a cube, by weighting."""

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.kernels.cubes.drizzle import Grid, add_drops
from gpucal.kernels.cubes.shepard import Falloff, add_points
from gpucal.steps.parts.cubes.grid import CubeGrid
from gpucal.steps.parts.cubes.points import Points
from gpucal.steps.parts.cubes.sampling import EMSM, Sampling


def voxels_of(grid: CubeGrid) -> Grid:
    """The voxels as kernels take them."""
    backend = current_backend()
    arrays = (backend.asarray(np.ascontiguousarray(array, np.float64)) for array in (grid.x, grid.y, grid.z, grid.dz))
    return Grid(*arrays, grid.side, grid.side, as_peer())


class Drizzling:
    """Pixels are drops.

    Attributes
    ----------
    reach : None
        How far pixels reach beyond their centres in wavelength depends on the pixel.
    field_reach : float
        How near to a plane, micrometres, pixels tell its field.
    """

    reach = None

    def __init__(self, grid: CubeGrid):
        self.voxels = voxels_of(grid)
        self.field_reach = float(np.mean(grid.dz))

    def add(self, points: Points, sums) -> None:
        """Add the points of an exposure."""
        add_drops(sums, points.drops, self.voxels)


class Shepard:
    """Pixels are points, whose weights fall off.

    Attributes
    ----------
    reach : float
        How far they reach, micrometres.
    """

    def __init__(self, grid: CubeGrid, sampling: Sampling, weighting: str):
        self.voxels = voxels_of(grid)
        self.table = sampling.table
        self.weights = sampling.weights
        # Of a table the regions of influence count from the first plane to the last one.
        self.reach = float(np.nanmax(sampling.weights.roiw))
        backend = current_backend()
        arrays = (backend.asarray(np.atleast_1d(np.asarray(value, np.float64))) for value in sampling.weights)
        self.falloff = Falloff(*arrays, weighting == EMSM)
        self.field_reach = self.reach

    def add(self, points: Points, sums) -> None:
        """Add the points of an exposure."""
        entries = self._entries(points.wave)
        self.field_reach = float(self.falloff.roiw[entries].mean())
        add_points(sums, points.places, points.wave, points.values, entries, self.voxels, self.falloff)

    def _entries(self, wave):
        """Which plane of the table is nearest to each point."""
        xp, z = current_backend().xp, self.voxels.z
        if self.table is None:
            return xp.zeros(len(wave), np.int64)
        after = xp.clip(xp.searchsorted(z, wave), 1, max(len(z) - 1, 1))
        before = after - 1
        after = xp.minimum(after, len(z) - 1)
        return xp.where(wave - z[before] <= z[after] - wave, before, after)
