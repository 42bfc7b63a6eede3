"""The open slits of NIRSpec in the world coordinates of an exposure, and those of one slit."""

from typing import NamedTuple

from gpucal.wcs.world import Wcs

Box = tuple[tuple[float, float], tuple[float, float]]


class OpenSlit(NamedTuple):
    """A slit, or slitlet of shutters, through which light falls on the detector.

    Attributes
    ----------
    name : str or int
        The name of a fixed slit, or the number of a slitlet of the MSA.
    shutter_id : int
        Number of the main shutter in its quadrant, from 1; of a fixed slit its place, from 0.
    dither_position : int
        Which point of the dither pattern.
    xcen, ycen : int
        Row and column of the main shutter, as the MSA counts; 0 for a fixed slit.
    ymin, ymax : float
        Extents along the slit, in units of the open height of a shutter or of the length of the slit, from its centre.
    quadrant : int
        1 to 4 of the MSA, 5 for a fixed slit.
    source_id : int
        Number of the source.
    shutter_state : str
        A character for each shutter: 0 closed, 1 open, x the main one.
    source_name, source_alias : str
        Names of the source.
    stellarity : float
        From 0, extended, to 1, a point; negative where it is not known.
    source_xpos, source_ypos : float
        Place of the source in the main shutter, from its centre.
    source_ra, source_dec : float
        Place of the source on the sky, degrees.
    slit_xscale, slit_yscale : float
        Pitch of shutters over their open width and height.
    slit_id : int
        The number by which the WCS of the exposure knows the slit: that of the slitlet, -101 to -105 for fixed slits.
    bounding_box : tuple of tuple of float or None
        Intervals of x and y in the pixels of the exposure, None where the WCS has none.
    """

    name: str | int = ""
    shutter_id: int = 0
    dither_position: int = 0
    xcen: int = 0
    ycen: int = 0
    ymin: float = 0.0
    ymax: float = 0.0
    quadrant: int = 0
    source_id: int = 0
    shutter_state: str = ""
    source_name: str = ""
    source_alias: str = ""
    stellarity: float = 0.0
    source_xpos: float = 0.0
    source_ypos: float = 0.0
    source_ra: float = 0.0
    source_dec: float = 0.0
    slit_xscale: float = 1.0
    slit_yscale: float = 1.0
    slit_id: int = -9999
    bounding_box: Box | None = None


def open_slits(exposure_wcs: Wcs) -> list[OpenSlit]:
    """The open slits of an exposure, in the order in which its WCS has them.

    Parameters
    ----------
    exposure_wcs : Wcs
        As assign_wcs makes it: from detector pixels and the number of a slit to the sky.

    Returns
    -------
    list of OpenSlit
        With their bounding boxes.
    """
    raise NotImplementedError


def slit_wcs(exposure_wcs: Wcs, slit: OpenSlit | str | int) -> Wcs:
    """The WCS of one slit: from detector pixels alone to the sky and the wavelength.

    Parameters
    ----------
    exposure_wcs : Wcs
        As for `open_slits`.
    slit : OpenSlit, str or int
        The slit, or its name, or its number.

    Returns
    -------
    Wcs
        With the bounding box of the slit.

    Raises
    ------
    GpucalError
        If the WCS has no such slit.
    """
    raise NotImplementedError
