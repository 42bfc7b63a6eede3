"""The integral field units: what is particular to each, as far as cubes are made of it. A table.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

from collections.abc import Mapping
from typing import NamedTuple

from gpucal.wcs.slice_outlines import PixelOutline


class Band(NamedTuple):
    """A band, in lower case.

    Attributes
    ----------
    disperser : str
        The channel of MIRI, such as ``1``; the grating of NIRSpec.
    selector : str
        The sub-band of MIRI, such as ``short``; the filter of NIRSpec.
    """

    disperser: str
    selector: str

    def __str__(self) -> str:
        return f"{self.disperser} {self.selector}"


class FieldUnit(NamedTuple):
    """An integral field unit.

    Attributes
    ----------
    bands : tuple of Band
        All there are, in the order of their cubes.
    keywords : tuple of str
        What headers tell disperser and selector by, and the user.
    keys : tuple of str
        Columns of tables of the cubepar reference that tell them.
    kinds : tuple of str
        What is combined in one cube, by ``output_type``.
    has_channels : bool
        Whether an exposure has several dispersers, each a character of its keyword.
    slices : mapping of str to (int, int)
        The first and the last slice by disperser.
    smaller_fields : frozenset of str
        Dispersers whose field is smaller than that of the other ones of their exposures, which S_REGION is about.
    outline : PixelOutline
        Of pixels in a cube.
    along : tuple of float
        A place in the frame of slices to which they lie from the place at zero.
    tells_field : bool
        Whether holes in the field are looked for.
    is_torn : bool
        Whether planes that some slices do not reach are blanked.
    """

    bands: tuple[Band, ...]
    keywords: tuple[str, str]
    keys: tuple[str, str]
    kinds: tuple[str, ...]
    has_channels: bool
    slices: Mapping[str, tuple[int, int]]
    smaller_fields: frozenset[str]
    outline: PixelOutline
    along: tuple[float, float]
    tells_field: bool
    is_torn: bool


_SUB_BANDS = (
    "short", "medium", "long",
    "short-medium", "short-long", "medium-short", "medium-long", "long-short", "long-medium",
)  # fmt: skip
GRATINGS = ("g140m", "g140h", "g235m", "g235h", "g395m", "g395h")
_DISPERSERS = ("prism", *GRATINGS)

UNITS = {
    "MIRI": FieldUnit(
        bands=tuple(Band(channel, sub_band) for channel in "1234" for sub_band in _SUB_BANDS),
        keywords=("channel", "band"),
        keys=("channel", "band"),
        kinds=("band", "channel", "multi"),
        has_channels=True,
        slices={"1": (101, 121), "2": (201, 217), "3": (301, 316), "4": (401, 412)},
        smaller_fields=frozenset("13"),
        outline=PixelOutline("alpha_beta", 1, (0.4999, 0.0), (0.0, 0.4999)),
        along=(2.0, 0.0),
        tells_field=False,
        is_torn=True,
    ),
    "NIRSPEC": FieldUnit(
        bands=(
            *(Band(grating, "f070lp") for grating in GRATINGS[:2]),
            *(Band(grating, "f100lp") for grating in GRATINGS[:2]),
            *(Band(grating, "f170lp") for grating in GRATINGS[2:4]),
            *(Band(grating, "f290lp") for grating in GRATINGS[4:]),
            Band("prism", "clear"),
            *(Band(disperser, "opaque") for disperser in _DISPERSERS),
        ),
        keywords=("grating", "filter"),
        keys=("disperser", "filter"),
        kinds=("band", "grating", "multi"),
        has_channels=False,
        slices=dict.fromkeys(_DISPERSERS, (1, 30)),
        smaller_fields=frozenset(),
        outline=PixelOutline("slicer", 0, (0.0, 0.49), (0.4999, 0.0)),
        along=(0.0, 0.005),
        tells_field=True,
        is_torn=False,
    ),
}
