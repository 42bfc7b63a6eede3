"""Reassembly of superstripes: the science rows of successive integrations go to their places in one frame.

Source: superstripe data in the pages on ``calwebb_detector1`` of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_detector1.html; the order of repeated reads
is that of jwst 3.0.0.
"""

from typing import NamedTuple


class Placement(NamedTuple):
    """Where one burst of science rows of one superstripe goes.

    Attributes
    ----------
    stripe : int
        The superstripe position.
    burst : int
        Which of the bursts of its integration.
    source, target : slice
        Its rows along the slow axis, in the stored image of the stripe and in that of the frame.
    """

    stripe: int
    burst: int
    source: slice
    target: slice


class Assembly(NamedTuple):
    """How superstripes make frames.

    Attributes
    ----------
    placements : tuple of Placement
        In the order in which they are placed: where some overlap, the last one stays.
    nstripes : int
        Superstripe positions.
    nbursts : int
        Bursts of science rows in a stripe; each becomes a group of its own.
    along_y : bool
        Whether the slow axis is the y axis of the stored image.
    """

    placements: tuple[Placement, ...]
    nstripes: int
    nbursts: int
    along_y: bool

    def rows(self, images, rows):
        """Some rows along the slow axis of images, as a view."""
        return images[..., rows, :] if self.along_y else images[..., rows]


def place_groups(groups, frames, assembly):
    """Put the groups of all stripes in their places, in place.

    Parameters
    ----------
    groups : (nints * nstripes, ngroups, ny, nx) array
        Groups of the stripes.
    frames : (nints, ngroups * nbursts, ny, nx) array
        Groups of the frames, edited; what no stripe holds stays.
    assembly : Assembly
        Where the rows go.
    """
    nstripes, nbursts = assembly.nstripes, assembly.nbursts
    for stripe, burst, source, target in assembly.placements:
        own = groups[stripe : len(frames) * nstripes : nstripes]
        assembly.rows(frames[:, burst::nbursts], target)[...] = assembly.rows(own, source)


def place_images(images, frames, assembly):
    """Put images without groups in their places, in place.

    Parameters
    ----------
    images : (nints * nstripes, ny, nx) array
        Zero frames of the stripes, or pixel flags (nints is 1).
    frames : (nints, ny, nx) array
        The frames, edited; what no stripe holds stays. Of repeated reads the last one is taken.
    assembly : Assembly
        Where the rows go.
    """
    nstripes = assembly.nstripes
    for stripe, _burst, source, target in assembly.placements:
        own = images[stripe : len(frames) * nstripes : nstripes]
        assembly.rows(frames, target)[...] = assembly.rows(own, source)
