"""A WCS: frames, and the transforms from each to the next."""

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.startup.lazy import asdf
from gpucal.startup.wcs_tree import WcsTree
from gpucal.wcs.documents import parse_document
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.program import Program

_WCS = "tag:stsci.edu:gwcs/wcs-1.4.0"
_STEP = "tag:stsci.edu:gwcs/step-1.3.0"


class UnknownFrameError(GpucalError):
    """A WCS has no frame of that name."""


@dataclass(frozen=True)
class Wcs:
    """Frames, and the transforms from each to the next.

    Attributes
    ----------
    frames : tuple of node
        See `gpucal.wcs.frames`.
    transforms : tuple of node
        From each frame to the next, so one fewer; see `gpucal.wcs.nodes`.
    name : str
        The name of the WCS.
    pixel_shape : tuple of int or None
        Columns and rows of the image, where it says.
    """

    frames: tuple[Any, ...]
    transforms: tuple[Any, ...]
    name: str = ""
    pixel_shape: tuple[int, int] | None = None

    @classmethod
    def of_node(cls, node) -> "Wcs":
        """The WCS of a gwcs node, as products hold it."""
        steps = node["steps"]
        frames = tuple(step["frame"] for step in steps)
        transforms, shape = tuple(step["transform"] for step in steps[:-1]), node.get("pixel_shape")
        return cls(frames, transforms, node.get("name") or "", None if shape is None else tuple(shape))

    @classmethod
    def of_kept(cls, kept) -> "Wcs":
        """The WCS that a data model keeps: a `gpucal.startup.wcs_tree.WcsTree`, or an object of gwcs."""
        if isinstance(kept, WcsTree):
            return cls.of_node(kept.content)
        content = BytesIO()
        asdf.AsdfFile({"wcs": kept}).write_to(content)
        return cls.of_node(parse_document(content.getvalue())["wcs"])

    def to_tree(self) -> WcsTree:
        """What a data model keeps; see `gpucal.startup.wcs_tree`."""
        node = self.to_node()
        return WcsTree(node._tag, dict(node))

    def to_node(self):
        """A gwcs node, as products hold it."""
        steps = [
            asdf.tagged.TaggedDict({"frame": frame, "transform": transform}, _STEP)
            for frame, transform in zip(self.frames, (*self.transforms, None), strict=True)
        ]
        shape = None if self.pixel_shape is None else list(self.pixel_shape)
        return asdf.tagged.TaggedDict({"name": self.name, "pixel_shape": shape, "steps": steps}, _WCS)

    @property
    def frame_names(self) -> list[str]:
        """The names of the frames, in order."""
        return [frame if isinstance(frame, str) else frame["name"] for frame in self.frames]

    def program(self, start: str | None = None, end: str | None = None, fuse: bool = False) -> Program:
        """The program from one frame to another, either way.

        Parameters
        ----------
        start, end : str
            Names of frames; without a start the first one, without an end the last one.
        fuse : bool
            See `gpucal.wcs.lowering.program_of`.

        Returns
        -------
        Program
            It is evaluated outside of the bounding box, too: see `bounding_box`.

        Raises
        ------
        UnknownFrameError
            If there is no such frame.
        NoInverseError
            If it leads backwards, and a transform has no inverse.
        """
        first, last = self.index_of(start or self.frame_names[0]), self.index_of(end or self.frame_names[-1])
        if first <= last:
            return program_of(*self.transforms[first:last], fuse=fuse)
        backwards = (inverse_of(transform) for transform in self.transforms[last:first][::-1])
        return program_of(*backwards, fuse=fuse)

    @property
    def bounding_box(self) -> tuple[tuple[float, float], ...] | None:
        """Where the WCS is valid: an interval for each coordinate of the first frame.

        None where it has no box, or one for each slit; see `gpucal.wcs.modes.nirspec.open_slits`.
        """
        box = self.transforms[0].get("bounding_box")
        if box is None or "intervals" not in box:
            return None
        intervals = box["intervals"]
        # By the names of the inputs: the order in a file is that of the alphabet.
        names = self.transforms[0].get("inputs", ())
        if set(names) != set(intervals):
            names = list(intervals) if box.get("order", "C") == "F" else list(intervals)[::-1]
        return tuple(tuple(map(float, intervals[name])) for name in names)

    def on_pixels(self, shape: tuple[int, int], start: str = "detector", end: str | None = None):
        """The coordinates of the pixels of an image, in the last frame or another one.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        start, end : str
            As in `program`.

        Returns
        -------
        (noutputs, ny, nx) float64 array
            On the backend; NaN outside of the bounding box.
        """
        program = self.program(start, end)
        if self.bounding_box is None:
            return program.on_grid(shape)
        rows, columns = map(_pixels_within, self.bounding_box[::-1], shape)
        found = current_backend().xp.full((len(program.results), *shape), np.nan)
        size = rows.stop - rows.start, columns.stop - columns.start
        if min(size) > 0:
            found[:, rows, columns] = program.on_grid(size, (columns.start, rows.start))
        return found

    def index_of(self, name: str) -> int:
        """The place of a frame.

        Raises
        ------
        UnknownFrameError
            If there is none of that name.
        """
        if name not in self.frame_names:
            raise UnknownFrameError(f"the WCS has no frame {name!r}; its frames are {', '.join(self.frame_names)}")
        return self.frame_names.index(name)


def _pixels_within(interval: tuple[float, float], count: int) -> slice:
    """Those of so many pixels whose centers are in an interval, ends included."""
    first, last = max(0, math.ceil(interval[0])), min(count - 1, math.floor(interval[1]))
    return slice(first, max(first, last + 1))
