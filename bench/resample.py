"""Time drizzling an image with its variances, here in one walk and with the package drizzle in a call for each plane.

``NUMBA_NUM_THREADS=1 python -m bench.resample [--size 2048] [--kernel square]`` prints a table for an image that is
shifted, and turned by 0.3 and by 30 degrees: CPU seconds, the least of some runs that take turns, and the largest
relative difference of the science plane. Maps are made beforehand for the package; here they are made in between, and
that is counted.
"""

import argparse
from time import process_time

import numpy as np

from bench import results
from gpucal.backend import select_backend
from gpucal.kernels.resample.drizzle import add_image
from gpucal.kernels.resample.drops import ORDERS, drop_of
from gpucal.kernels.resample.sums import means, no_sums
from gpucal.kernels.wcs.instructions import AFFINE_2D
from gpucal.wcs.program import Instruction, assembled

PLANES = 4
ANGLES = (0.0, 0.3, 30.0)
KERNELS = ("square", "point", "turbo", "gaussian", *ORDERS)


def turned(size: int, angle: float):
    """A program that turns an image and shifts it by a fraction of a pixel, and the shape of an output about it."""
    turn = np.deg2rad(angle)
    cosine, sine = np.cos(turn), np.sin(turn)
    affine = cosine, -sine, sine, cosine, sine * size + 3.3, 3.6
    program = assembled([Instruction(AFFINE_2D, (2, 3), (0, 1), affine)], 2, (2, 3))
    side = int(np.ceil(size * (cosine + sine))) + 8
    return program, (side, side)


class Ours:
    """One walk for all planes."""

    def __init__(self, planes, weight, program, shape, kernel):
        self.given = list(planes), weight, program.on_grid, np.tile([0, weight.shape[1]], (len(weight), 1))
        self.drop = drop_of(kernel)
        self.sums = no_sums(shape, len(planes), self.drop)

    def seconds(self) -> float:
        """CPU seconds of one run, from sums that are zero."""
        self.sums.totals[...] = 0
        start = process_time()
        add_image(self.sums, *self.given, self.drop)
        return process_time() - start

    def science(self):
        """The mean of the first plane."""
        return means(self.sums, 0)


class Peer:
    """A call of the package drizzle for each plane."""

    def __init__(self, planes, weight, program, shape, kernel):
        self.planes, self.weight, self.shape, self.kernel = planes, weight, shape, kernel
        self.pixel_map = np.ascontiguousarray(np.moveaxis(program.on_grid(weight.shape), 0, -1))
        self.images = []

    def seconds(self) -> float:
        """CPU seconds of one run."""
        from drizzle.resample import Drizzle

        self.images, taken = [], 0.0
        for plane in self.planes:
            peer = Drizzle(kernel=self.kernel, out_shape=self.shape, disable_ctx=True)
            start = process_time()
            peer.add_image(plane, exptime=1.0, pixmap=self.pixel_map, weight_map=self.weight)
            taken += process_time() - start
            self.images.append(peer.out_img)
        return taken

    def science(self):
        """The first image."""
        return self.images[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048, help="rows and columns of the image (default 2048)")
    parser.add_argument("--kernel", default="square", choices=KERNELS, help="(default square)")
    parser.add_argument("--runs", type=int, default=5, help="of each (default 5)")
    arguments = parser.parse_args()
    select_backend("cpu")
    rng = np.random.default_rng(1)
    size = arguments.size
    planes = rng.normal(10, 1, (PLANES, size, size)).astype(np.float32)
    weight = rng.uniform(0.5, 1, (size, size)).astype(np.float32)
    rows = []
    for angle in ANGLES:
        both = [kind(planes, weight, *turned(size, angle), arguments.kernel) for kind in (Ours, Peer)]
        both[0].seconds()  # compiles
        taken = np.array([[one.seconds() for one in both] for _ in range(arguments.runs)]).min(0)
        difference = np.nanmax(abs(both[0].science() / both[1].science() - 1))
        each = [f"{seconds:.2f} s, {seconds / size**2 * 1e9:.0f} ns a pixel" for seconds in taken]
        rows.append([f"{angle:g} degrees", *each, f"{taken[1] / taken[0]:.1f}", f"{difference:.1e}"])
    print(results.markdown(["turned by", "gpucal", "drizzle", "ratio", "difference"], rows))


if __name__ == "__main__":
    main()
