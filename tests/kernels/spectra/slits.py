"""Slits with noise, flags and missing pixels, packed, for tests of kernels."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.spectra.lines import ALONG_X, ALONG_Y, Lines, lines_of
from gpucal.kernels.spectra.planes import Planes


class PackedSlits(NamedTuple):
    """Packed slits, and each of them alone on the host.

    Attributes
    ----------
    lines : Lines
    planes : Planes
    wavelength : (npixels,) float32 array
        On the backend.
    slits : list of dict
        Planes of each slit, (nints, ny, nx), the dispersion along x; bad pixels are NaN. ``wavelength`` is (ny, nx).
    directions : tuple of int
        The dispersion axis that they have packed.
    """

    lines: Lines
    planes: Planes
    wavelength: np.ndarray
    slits: list
    directions: tuple

    def pack(self, images):
        """Images of the slits, with the dispersion along x, as a packed plane on the backend."""
        turned = [turn(image, way).ravel() for image, way in zip(images, self.directions, strict=True)]
        return current_backend().asarray(np.concatenate(turned))

    def unpack(self, packed, nints=None):
        """The images of a packed plane, with the dispersion along x; of integrations if their number is given."""
        packed, images, begin = current_backend().asnumpy(packed), [], 0
        for slit, way in zip(self.slits, self.directions, strict=True):
            shape = turn(slit["wavelength"], way).shape
            size = shape[0] * shape[1] * (nints or 1)
            part = packed[begin : begin + size].reshape(shape if nints is None else (nints, *shape))
            images.append(turn(part, way))
            begin += size
        return images

    def of_slit(self, values, number):
        """The part of values by line, (..., nlines), that is of one slit; on the host."""
        values = current_backend().asnumpy(values)
        first = sum(slit["wavelength"].shape[1] for slit in self.slits[:number])
        return values[..., first : first + self.slits[number]["wavelength"].shape[1]]


def turn(image, way):
    """An image whose dispersion is along x as one with another dispersion axis."""
    return image if way == ALONG_X else np.swapaxes(image, -1, -2)


def packed_slits(shapes=((9, 30), (14, 21)), nints=1, seed=1, bad=0.05, directions=None) -> PackedSlits:
    """Slits of random pixels; of the second the dispersion runs along y."""
    rng, slits, packed = np.random.default_rng(seed), [], []
    directions = directions or (ALONG_X, ALONG_Y)[: len(shapes)]
    windows, begin = [], 0
    for (ny, nx), way in zip(shapes, directions, strict=True):
        y, x = np.indices((ny, nx))
        source = 200 * np.exp(-((y - ny / 2 - x / nx) ** 2) / 3) + 3 + 0.2 * y
        planes = {"data": source + rng.normal(0, 2, (nints, ny, nx))}
        for name, scale in (("var_poisson", 4.0), ("var_rnoise", 1.0), ("var_flat", 0.3)):
            planes[name] = rng.uniform(0.5, 1.5, (nints, ny, nx)) * scale
        planes["err"] = np.sqrt(sum(planes[name] for name in ("var_poisson", "var_rnoise", "var_flat")))
        planes = {name: plane.astype(np.float32) for name, plane in planes.items()}
        planes["dq"] = (rng.random((nints, ny, nx)) < bad).astype(np.uint32)
        planes["data"][rng.random((nints, ny, nx)) < bad / 2] = np.nan
        planes["var_rnoise"][rng.random((nints, ny, nx)) < bad / 4] = np.nan
        wavelength = (1.0 + 0.01 * x + 0.001 * y).astype(np.float32)
        wavelength[rng.random((ny, nx)) < 0.03] = np.nan
        packed.append({name: turn(plane, way).ravel() for name, plane in planes.items()})
        packed[-1]["wavelength"] = turn(wavelength, way).ravel()
        windows.append((begin, *turn(wavelength, way).shape))
        begin += ny * nx
        invalid = (planes["dq"] == 1) | np.isnan(sum(planes[name] for name in planes if name != "dq"))
        for name in ("data", "var_poisson", "var_rnoise", "var_flat"):
            planes[name][invalid] = np.nan
        slits.append({**planes, "wavelength": wavelength})
    backend = current_backend()
    joined = {name: backend.asarray(np.concatenate([one[name] for one in packed])) for name in packed[0]}
    wavelength = joined.pop("wavelength")
    lines = lines_of(np.array(windows), directions)
    return PackedSlits(lines, Planes(**joined, nints=nints), wavelength, slits, directions)
