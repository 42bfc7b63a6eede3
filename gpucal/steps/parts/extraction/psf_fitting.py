"""Profiles of a point source in a slit, placed where they fit best.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import REFERENCES, TABLES
from gpucal.errors import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra.fitting import Terms, fit_lines
from gpucal.kernels.spectra.lines import ALONG_X, lines_of
from gpucal.kernels.spectra.planes import Planes
from gpucal.kernels.spectra.psf_profile import PsfModel, psf_profiles
from gpucal.kernels.spectra.scene import scene_of_fits
from gpucal.steps.parts.extraction.lines import SlitJob, planes_of
from gpucal.steps.parts.extraction.source_location import MICRON, frame_of_sources

log = logging.getLogger(__name__)

# Patterns of dithers in which another exposure, subtracted, leaves one negative trace.
NOD_PAIRS = ("ALONG-SLIT-NOD", "2-POINT-NOD")

# Traces closer than this, pixels, are not told apart.
CLOSEST = 2


class PsfError(GpucalError):
    """A model of point sources cannot be used; the message says why."""


class PsfTable(NamedTuple):
    """A model of point sources by wavelength.

    Attributes
    ----------
    image : (nelements, nacross) float64 array
        On the host.
    wavelength : (nelements,) float64 array
        Micron.
    oversampling : float
    centre : float
        Where it is centred across the dispersion.
    """

    image: np.ndarray
    wavelength: np.ndarray
    oversampling: float
    centre: float


def psf_for(reference, name: str, direction: int) -> PsfTable:
    """The model for a slit.

    Raises
    ------
    PsfError
        If the reference has none.
    """
    for one in reference.model.apertures:
        told = str(one.name).upper()
        if told in ("NONE", "ANY", name.upper()):
            image = np.asarray(one.data, float)
            along_x = direction == ALONG_X
            centre = one.center_row if along_x else one.center_col
            image = np.ascontiguousarray(image.T if along_x else image)
            return PsfTable(image, np.asarray(one.wave, float), float(one.subpix), float(centre))
    raise PsfError(f"{reference.label} has no model of point sources for slit {name}")


class PsfFit:
    """Profiles of a slit.

    Parameters
    ----------
    job : SlitJob
    psf : PsfTable
    wavelength : (ny, nx) float64 array
        Of the pixels of the slit, on the backend.
    kind : str
        The type of the exposure.
    """

    def __init__(self, job: SlitJob, psf: PsfTable, wavelength, kind: str):
        self.job, self.psf, self.kind = job, psf, kind
        backend, geometry = current_backend(), job.geometry
        self.first = {name: int(np.ceil(getattr(geometry, name)[0])) for name in ("along", "across")}
        ends = [(int(np.ceil(low)), int(np.ceil(high))) for low, high in geometry.box]
        self.window = tuple(slice(max(0, low), high) for low, high in ends[::-1])
        inside = backend.xp.ascontiguousarray(wavelength[self.window])
        self.shape = inside.shape
        self.lines = lines_of(np.array([[0, *self.shape]]), [job.direction])
        self.element = backend.asarray(_places(backend.asnumpy(inside, TABLES).reshape(-1), psf.wavelength), TABLES)
        self.model = PsfModel(backend.asarray(psf.image, REFERENCES), psf.oversampling)
        self.trace, self.location = self._trace()

    def _trace(self) -> tuple[np.ndarray, float]:
        """The trace, by default that of the middle of the slit; and its place in the middle of the spectrum."""
        middle, geometry = self.job.geometry.middle(), self.job.geometry
        trace, location = self.job.aperture.trace, middle.across
        if trace is not None:
            location = float(trace[int(np.round(middle.along))])
        elif (frame := frame_of_sources(self.kind, geometry)) is None:
            trace = geometry.spread(np.full(int(geometry.along[1] - geometry.along[0]), middle.across))
        else:
            x, y = (np.array([one]) for one in geometry.xy(middle.along, middle.across))
            to_frame = geometry.program(geometry.first_frame, frame)
            place = geometry.world_at(x, y) if frame == geometry.world_frame else to_frame.at(x, y)
            trace = geometry.trace_of((place[0, 0], place[1, 0]), frame)
        first = self.first["along"]
        return trace[first : first + self.lines.count], location

    def profiles(self, shift: float = 0.0, apart: float | None = None) -> list:
        """The profile of the source, moved by some pixels, and the negative one of a second trace, in the window."""
        made = [self._profile(shift)]
        if apart is not None:
            made.append(-self._profile(shift + apart))
        return made

    def _profile(self, shift: float):
        # Half a pixel from the border of the box to the centre of its first pixel counts in jwst 3.0.0, too.
        begin = self.job.geometry.box[0][0]
        first = self.psf.centre - (self.trace - begin - shift) * self.psf.oversampling
        places = current_backend().asarray(np.ascontiguousarray(first), TABLES)
        return psf_profiles(self.lines, self.model, self.element, places)

    def whole(self, profile):
        """A profile in the window as one of the slit, 0 outside of it."""
        made = current_backend().xp.zeros(self.job.geometry.shape, np.float64)
        made[self.window] = profile.reshape(self.shape)
        return made

    def separation(self, meta) -> float | None:
        """How far a negative trace is from the source, pixels; None where none is fitted."""
        slit, name = self.job.slit, self.job.name
        if self.job.aperture.trace is None:
            log.warning("Slit %s: without the place of the source, no negative trace is fitted", name)
            return None
        if str(meta.cal_step.bkg_subtract) != "COMPLETE" or str(meta.dither.primary_type) not in NOD_PAIRS:
            log.info("Slit %s: no other nod of a pair was subtracted, and no negative trace is fitted", name)
            return None
        other = _other_nod(slit, meta, self.job.geometry)
        if other is None or np.isnan(other) or abs(self.location - other) < CLOSEST:
            log.warning("Slit %s: the place of the negative trace is not known, and it is not fitted", name)
            return None
        return self.location - other

    def best_shifts(self, apart: float | None) -> tuple[float, float | None]:
        """The shift of the source, and the separation of the second trace, that leave the least of the pixels."""
        from scipy.optimize import minimize  # of no use to most runs

        planes = self._first_integration()
        start = [0.0] if apart is None else [0.0, apart]
        found = minimize(lambda shifts: self._residual(planes, *shifts), start, method="Nelder-Mead").x
        return (float(found[0]), None) if apart is None else (float(found[0]), float(found[1]))

    def _first_integration(self) -> Planes:
        """Planes of the first integration in the window, whose only variance is that of the read noise."""
        planes, xp = planes_of([self.job]), current_backend().xp
        inside = {name: self._in_window(plane) for name, plane in planes._asdict().items() if name != "nints"}
        lost = xp.zeros(inside["data"].shape, bool)
        for name, plane in inside.items():
            if plane.size:
                lost |= plane & np.uint32(DO_NOT_USE) > 0 if name == "dq" else xp.isnan(plane)
        data = xp.where(lost, np.float32(np.nan), inside["data"])
        read = inside["var_rnoise"] if inside["var_rnoise"].size else xp.ones_like(data)
        nothing = xp.zeros(0, np.float32)
        return Planes(data, nothing, nothing, read, nothing, xp.zeros(0, np.uint32), 1)

    def _in_window(self, plane):
        if not plane.size:
            return plane
        plane = plane.reshape(-1, *self.job.geometry.shape)[0][self.window]
        return current_backend().xp.ascontiguousarray(plane).reshape(-1)

    def _residual(self, planes: Planes, shift: float, apart: float | None = None) -> float:
        """What is left of the pixels, squared and over their variances, with profiles at such places."""
        xp = current_backend().xp
        one = current_backend().asarray(np.ones(1, np.int64), TABLES)
        terms = Terms(one, xp.stack(self.profiles(shift, apart)), xp.zeros(0), xp.zeros_like(one), 1)
        solution = fit_lines(self.lines, planes, terms)
        _scene, left = scene_of_fits(self.lines, planes, terms, solution, np.float64)
        return float(xp.nansum(left**2 / planes.var_rnoise))


def place_profiles(job: SlitJob, reference, meta, wavelength, step) -> None:
    """Make the profiles of a slit.

    Parameters
    ----------
    job : SlitJob
        Gets its profiles.
    reference : Reference
        The psf reference.
    meta : ObjectNode
        Metadata of the exposure.
    wavelength : (ny, nx) float64 array
        Of the pixels of the slit.
    step : Step
        Its parameters ``model_nod_pair`` and ``optimize_psf_location`` count.

    Raises
    ------
    PsfError
        If the reference has no model for the slit.
    """
    fit = PsfFit(job, psf_for(reference, job.name, job.direction), wavelength, str(meta.exposure.type).upper())
    apart = fit.separation(meta) if step.model_nod_pair else None
    shift = 0.0
    if step.optimize_psf_location:
        shift, apart = fit.best_shifts(apart)
    log.info("Slit %s: the profile is centred at %.2f", job.name, fit.location - shift)
    if apart is not None:
        log.info("Slit %s: a negative trace is fitted at %.2f", job.name, fit.location - shift - apart)
    job.profiles = [fit.whole(profile) for profile in fit.profiles(shift, apart)]


def _places(wavelength, points) -> np.ndarray:
    """Where wavelengths are in a table of them, from 0; NaN outside of it."""
    order = np.argsort(points)
    known = np.isfinite(points[order])
    found = np.interp(wavelength, points[order][known], order[known], left=np.nan, right=np.nan)
    return np.where(np.isfinite(wavelength), found, np.nan)


def _other_nod(slit, meta, geometry) -> float | None:
    """Where the other nod of a pair is on the line in the middle: as far from the middle of the slit, across it."""
    middle = geometry.middle()
    if str(meta.exposure.type).upper().startswith("NRS"):
        scale = MICRON if "gwa" in geometry.wcs.frame_names else 1.0
        point, frame = (slit["source_xpos"], -slit["source_ypos"], middle.wavelength * scale), "slit_frame"
    elif "v2v3" in geometry.wcs.frame_names:
        ideal = _to_v2v3(meta, -1.0 if not geometry.along_x else 1.0)
        sky = geometry.program("v2v3", geometry.world_frame).at(*np.array([*ideal, 0.0]).reshape(3, 1))
        point, frame = (sky[0, 0], sky[1, 0], middle.wavelength), geometry.world_frame
    else:
        return None
    place = geometry.program(frame, geometry.first_frame).at(*np.array(point, float).reshape(3, 1))
    return float(geometry.xy(*place[:2, 0])[1])


def _to_v2v3(meta, sign: float) -> tuple[float, float]:
    """The offset of the dither, turned over across the slit, as a place in the frame of the telescope, arcseconds."""
    info, dither = meta.wcsinfo, meta.dither
    x, y = sign * dither.x_offset * info.vparity, -sign * dither.y_offset
    angle = np.deg2rad(info.v3yangle)
    return (
        info.v2_ref + x * np.cos(angle) + y * np.sin(angle),
        info.v3_ref - x * np.sin(angle) + y * np.cos(angle),
    )
