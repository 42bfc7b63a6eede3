"""What the headers of series of images say."""

from gpucal.simulate.camera import Camera
from gpucal.simulate.imaging_headers import ImagingHeader
from gpucal.simulate.plan import Plan, Visit


class SeriesHeader:
    """A segment of a series, as its header describes it.

    Parameters
    ----------
    camera : Camera
    plan : Plan
    visit : Visit
        The only one.
    place : (float, float)
        x and y from 0 where the star should be.
    """

    def __init__(self, camera: Camera, plan: Plan, visit: Visit, place: tuple[float, float]):
        self._imaging, self._place = ImagingHeader(plan, visit, camera), place
        self.pointing, self.start = self._imaging.pointing, self._imaging.start

    def file_name(self, segment: int, suffix: str) -> str:
        """Name of a product of a segment, from 1."""
        first, _, rest = self._imaging.file_name(suffix).partition("_00001_")
        return f"{first}_00001-seg{segment:03d}_{rest}"

    def primary_keywords(self, segment: int, of: int, integrations: slice) -> dict:
        """Keywords of the primary header of a segment, from 1."""
        return self._imaging.primary_keywords() | {
            "TITLE": "Simulated series",
            "TSOVISIT": True,
            "TARGPROP": "SIMULATED",
            "EXSEGNUM": segment,
            "EXSEGTOT": of,
            "INTSTART": integrations.start + 1,
            "INTEND": integrations.stop,
        }

    def science_keywords(self) -> dict:
        """Keywords of the SCI extension."""
        x, y = self._place
        return self._imaging.science_keywords() | {"XREF_SCI": x + 1, "YREF_SCI": y + 1}
