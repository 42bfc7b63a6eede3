"""The integrations of an exposure as images of their own."""

from collections.abc import Iterator

from gpucal.data import Exposure

PLANES = ("data", "err", "dq", "var_poisson", "var_rnoise", "var_flat")
SHARED = ("area",)


def planes_of(cube: Exposure) -> Iterator[Exposure]:
    """Each integration of a cube as an image with the header of the exposure.

    Parameters
    ----------
    cube : Exposure
        Not changed; the images are views of its arrays, and share a model for what they have in common.
    """
    wcs, header = cube.get_wcs().to_tree(), cube.blank("ImageModel")
    for number in range(cube.shape_of("data")[0]):
        image = Exposure(header.model, cube.source)  # the header of all is one
        for name in PLANES:
            if cube.has(name):
                setattr(image, name, getattr(cube, name)[number])
        for name in SHARED:
            if cube.has(name) and len(cube.shape_of(name)) == 2:
                setattr(image, name, getattr(cube, name))
        image.set_wcs(wcs)
        yield image
