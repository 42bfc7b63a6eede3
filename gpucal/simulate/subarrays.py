"""Subarrays: where each lies on its detector, and through how many outputs it is read.

Corners are in the science frame and count from 1 (SUBSTRT1, SUBSTRT2). Sources: JWST user
documentation (subarray pages of each instrument), the SIAF of PRDOPSSOC-075 through pysiaf, and the
selection rows of the CRDS rules. Those of MIRI are all of that SIAF (corners before flight were others); the references
jwst_miri_psfmask_0009 (MASKLYOT) and jwst_miri_specwcs_0006 (SLITLESSPRISM) lie at the same ones.
"""

from dataclasses import dataclass, replace

from gpucal.simulate.errors import SimulationError
from gpucal.simulate.stripes import Stripes


@dataclass(frozen=True)
class Subarray:
    """A readout window.

    Attributes
    ----------
    name : str
        SUBARRAY keyword.
    xstart, ystart : int
        First column and row, counting from 1.
    xsize, ysize : int
        Columns and rows.
    noutputs : int
        Amplifiers through which it is read.
    stripes : Stripes or None
        Which rows it holds, where they are not a window.
    """

    name: str
    xstart: int
    ystart: int
    xsize: int
    ysize: int
    noutputs: int
    stripes: Stripes | None = None

    @property
    def shape(self):
        """Rows and columns."""
        return self.ysize, self.xsize

    @property
    def window(self):
        """Slices (rows, columns) into the full frame, of a subarray without stripes."""
        x0, y0 = self.xstart - 1, self.ystart - 1
        return slice(y0, y0 + self.ysize), slice(x0, x0 + self.xsize)

    @property
    def positions(self):
        """Integrations that look at other rows, before the first rows come again."""
        return self.stripes.positions if self.stripes else 1

    def covered(self, detector):
        """The window in which its stripes lie: all rows of the readout. A subarray without stripes covers itself."""
        if self.stripes is None:
            return self
        ny, nx = detector.size
        rows = {"ystart": 1, "ysize": ny} if abs(detector.slow_axis) == 2 else {"xstart": 1, "xsize": nx}
        return replace(self, **rows, stripes=None)

    def frames(self, detector):
        """The subarray of calibrated frames: what superstripes cover together, else itself."""
        return self.covered(detector) if self.positions > 1 else self


FULL = "FULL"

# detectors: name -> xstart, ystart, xsize, ysize, noutputs, and stripes if it has such
_ROWS = {
    ("NRCA1",): {
        "SUB160": (1889, 1889, 160, 160, 1),
        "SUB320": (1729, 1729, 320, 320, 1),
        "SUB640": (1409, 1409, 640, 640, 1),
        "SUBGRISM256": (1, 1, 2048, 256, 4),
        "SUBGRISM128": (1, 95, 2048, 128, 4),
        "SUBGRISM64": (1, 125, 2048, 64, 4),
        "SUB41STRIPE1_DHS": (1, 1, 2048, 41, 4, Stripes(1, 40, 1901)),
        "SUB164STRIPE4_DHS": (1, 1, 2048, 164, 4, Stripes(1, 40, 1526, 85)),
    },
    ("NRCA2",): {
        "SUB82STRIPE2_DHS": (1, 1, 2048, 82, 4, Stripes(1, 40, 1662, 82)),
        "SUB160": (1889, 1, 160, 160, 1),
        "SUB320": (1729, 1, 320, 320, 1),
        "SUB640": (1409, 1, 640, 640, 1),
    },
    ("NRCA3",): {
        "SUB160": (1, 1889, 160, 160, 1),
        "SUB320": (1, 1729, 320, 320, 1),
        "SUB640": (1, 1409, 640, 640, 1),
        "SUB400P": (1649, 1, 400, 400, 1),
        "SUB160P": (1889, 1, 160, 160, 1),
        "SUB64P": (1985, 1, 64, 64, 1),
        "SUB64FP1A": (430, 1379, 64, 64, 1),
        "SUB8FP1A": (458, 1407, 8, 8, 1),
        "SUBGRISM256": (1, 1, 2048, 256, 4),
        "SUBGRISM128": (1, 104, 2048, 128, 4),
        "SUBGRISM64": (1, 134, 2048, 64, 4),
    },
    ("NRCA4",): {
        "SUB160": (1, 1, 160, 160, 1),
        "SUB320": (1, 1, 320, 320, 1),
        "SUB640": (1, 1, 640, 640, 1),
    },
    ("NRCALONG",): {
        "SUB160": (945, 945, 160, 160, 1),
        "SUB320": (865, 865, 320, 320, 1),
        "SUB640": (705, 705, 640, 640, 1),
        "SUB320A335R": (492, 1502, 320, 320, 1),
        "SUB400P": (1649, 1, 400, 400, 1),
        "SUB160P": (1889, 1, 160, 160, 1),
        "SUB64P": (1985, 1, 64, 64, 1),
        "SUBGRISM256": (1, 1, 2048, 256, 4),
        "SUBGRISM128": (1, 1, 2048, 128, 4),
        "SUBGRISM64": (1, 1, 2048, 64, 4),
    },
    ("NRCB1",): {
        "SUB160": (1, 1, 160, 160, 1),
        "SUB320": (1, 1, 320, 320, 1),
        "SUB640": (1, 1, 640, 640, 1),
        "SUB400P": (1649, 1649, 400, 400, 1),
        "SUB160P": (1803, 1769, 160, 160, 1),
        "SUB64P": (1851, 1817, 64, 64, 1),
    },
    ("NRCB2",): {
        "SUB160": (1, 1889, 160, 160, 1),
        "SUB320": (1, 1729, 320, 320, 1),
        "SUB640": (1, 1409, 640, 640, 1),
    },
    ("NRCB3",): {
        "SUB160": (1889, 1, 160, 160, 1),
        "SUB320": (1729, 1, 320, 320, 1),
        "SUB640": (1409, 1, 640, 640, 1),
    },
    ("NRCB4",): {
        "SUB160": (1889, 1889, 160, 160, 1),
        "SUB320": (1729, 1729, 320, 320, 1),
        "SUB640": (1409, 1409, 640, 640, 1),
    },
    ("NRCBLONG",): {
        "SUB160": (933, 941, 160, 160, 1),
        "SUB320": (853, 861, 320, 320, 1),
        "SUB640": (693, 701, 640, 640, 1),
        "SUB400P": (1649, 1649, 400, 400, 1),
        "SUB160P": (1889, 1889, 160, 160, 1),
        "SUB64P": (1944, 1931, 64, 64, 1),
    },
    ("NIS",): {
        "SUB64": (1985, 1985, 64, 64, 1),
        "SUB80": (1045, 1, 80, 80, 1),
        "SUB128": (1921, 1921, 128, 128, 1),
        "SUB256": (1793, 1793, 256, 256, 1),
        "SUBTAAMI": (1054, 81, 64, 64, 1),
        "SUBSTRIP96": (1, 1803, 2048, 96, 1),
        "SUBSTRIP256": (1, 1793, 2048, 256, 1),
        "WFSS64R": (1985, 1, 64, 2048, 4),
        "WFSS64C": (1, 1985, 2048, 64, 1),
        "WFSS128R": (1921, 1, 128, 2048, 4),
        "WFSS128C": (1, 1921, 2048, 128, 1),
        "SUB17STRIPE_SOSS": (1, 1793, 21, 256, 1, Stripes(4, 17, 0, step=17, superstripes=120)),
        "SUB60STRIPE_SOSS": (1, 1793, 64, 256, 1, Stripes(4, 60, 0, step=60, superstripes=34)),
        "SUB204STRIPE_SOSS": (1, 1793, 208, 256, 1, Stripes(4, 204, 0, step=204, superstripes=10)),
        "SUB680STRIPE_SOSS": (1, 1793, 684, 256, 1, Stripes(4, 680, 0, step=680, superstripes=3)),
    },
    ("NRS1", "NRS2"): {
        "ALLSLITS": (1, 897, 2048, 256, 1),
        "SUBS200A1": (1, 1041, 2048, 64, 1),
        "SUBS200A2": (1, 1005, 2048, 64, 1),
        "SUBS200B1": (1, 918, 2048, 64, 1),
        "SUB2048": (1, 946, 2048, 32, 1),
        "SUB32": (1399, 975, 32, 32, 1),
    },
    ("NRS1",): {"SUB512": (1025, 957, 512, 32, 1)},
    ("GUIDER1", "GUIDER2"): {
        "SUB128CNTR": (961, 961, 128, 128, 1),
        "SUB32CNTR": (1009, 1009, 32, 32, 1),
        "SUB8CNTR": (1021, 1021, 8, 8, 1),
    },
    ("GUIDER1",): {
        "SUB128LL": (1921, 1921, 128, 128, 1),
        "SUB128DIAG": (1441, 1441, 128, 128, 1),
    },
    ("GUIDER2",): {
        "SUB128LL": (1921, 1, 128, 128, 1),
        "SUB128DIAG": (1441, 481, 128, 128, 1),
    },
    ("MIRIMAGE",): {
        "BRIGHTSKY": (457, 51, 512, 512, 4),
        "MASK1065": (1, 21, 288, 224, 4),
        "MASK1140": (1, 243, 288, 224, 4),
        "MASK1550": (1, 463, 288, 224, 4),
        "MASKLYOT": (1, 719, 320, 304, 4),
        "SLITLESSPRISM": (1, 529, 72, 416, 4),
        "SUB64": (1, 779, 72, 64, 4),
        "SUB128": (1, 891, 136, 128, 4),
        "SUB256": (413, 51, 256, 256, 4),
    },
}


def full_frame(detector):
    """The whole of a detector, as a Subarray."""
    ny, nx = detector.size
    return Subarray(FULL, 1, 1, nx, ny, 4)


def subarrays_of(detector):
    """All subarrays of a detector, FULL first.

    Parameters
    ----------
    detector : Detector

    Returns
    -------
    dict
        Name -> Subarray.
    """
    table = {FULL: full_frame(detector)}
    for names, rows in _ROWS.items():
        if detector.name in names:
            table.update({name: Subarray(name, *row) for name, row in rows.items()})
    return table


def subarray_named(detector, name):
    """One subarray of a detector.

    Raises
    ------
    SimulationError
        The detector has no subarray of that name.
    """
    table = subarrays_of(detector)
    try:
        return table[name.upper()]
    except KeyError:
        known = ", ".join(table)
        raise SimulationError(f"{detector.name} has no subarray {name!r}; it has {known}") from None
