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
        Not changed; the images are views of its arrays.
    """
    wcs = cube.get_wcs().to_tree()
    for number in range(cube.shape_of("data")[0]):
        arrays = {name: getattr(cube, name)[number] for name in PLANES if cube.has(name)}
        arrays |= {
            name: getattr(cube, name) for name in SHARED if cube.has(name) and len(cube.shape_of(name)) == 2
        }
        image = cube.blank("ImageModel", **arrays)
        image.set_wcs(wcs)
        yield image
