"""Products of interferometry: an OIFITS file of what was measured, and the images that were fitted."""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.data import Exposure
from gpucal.kernels.interferometry.fitting import Fit
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model
from gpucal.steps.parts.interferometry.closures import Observables
from gpucal.steps.parts.interferometry.holes import Holes, baselines_on_sky, coordinates_of
from gpucal.steps.parts.interferometry.images import Images
from gpucal.steps.parts.interferometry.tables import Time, measured_table, pair_of, table_of

ARRAY = "jwst_ami"
ARCSEC = 1.0 / 3600.0


class Setting(NamedTuple):
    """What an exposure was taken with.

    Attributes
    ----------
    holes : Holes
    centre, width : float
        The mean wavelength, and the width of the band, metres.
    field : float
        The width of the image, arcseconds.
    """

    holes: Holes
    centre: float
    width: float
    field: float

    def points(self, exposure: Exposure) -> np.ndarray:
        """The holes as seen from the sky; jwst does not turn them at a roll of exactly 0."""
        info = exposure.meta.wcsinfo
        roll, angle = float(info.roll_ref or 0.0), float(info.v3yangle or 0.0)
        turn = 0.0 if as_peer() and roll == 0.0 else roll + angle
        return baselines_on_sky(self.holes.centres, turn, info.vparity)


def observables_product(exposure: Exposure, setting: Setting, measured: Observables, time: Time) -> Exposure:
    """The OIFITS file of an exposure.

    Parameters
    ----------
    exposure : Exposure
        What was analyzed.
    setting : Setting
    measured : Observables
        Of integrations, or their mean.
    time : Time
        As many as there are integrations.
    """
    made = product_of(exposure, "AmiOIModel")
    describe(made, exposure)
    points, holes = setting.points(exposure), setting.holes
    stations = [holes.tuples(size) for size in (2, 3, 4)]
    pairs, triangles, quadrangles = (
        (time, coordinates_of(points, tuples), holes.numbers[tuples]) for tuples in stations
    )
    tree = made.host
    tree["array"] = array_table(setting, points, measured)
    tree["target"] = target_table(exposure.meta.target)
    tree["t3"] = measured_table(
        pair_of("T3AMP", measured.triangle_amplitude)
        | pair_of("T3PHI", measured.closure_phase, in_degrees=True),
        *triangles,
    )
    tree["vis"] = measured_table(
        pair_of("VISAMP", measured.amplitude) | pair_of("VISPHI", measured.phase, in_degrees=True), *pairs
    )
    vis2 = pair_of("VIS2DATA", measured.squared)
    tree["vis2"] = measured_table({"VIS2DATA": vis2["VIS2DATA"], "VIS2ERR": vis2["VIS2DATAERR"]}, *pairs)
    if len(quadrangles[1]):
        tree["q4"] = measured_table(
            pair_of("Q4AMP", measured.closure_amplitude)
            | pair_of("Q4PHI", measured.quadrangle_phase, in_degrees=True),
            *quadrangles,
        )
    tree["wavelength"] = table_of(
        {"EFF_WAVE": np.float32([setting.centre]), "EFF_BAND": np.float32([setting.width])}
    )
    return made


def product_of(exposure: Exposure, model_type: str) -> Exposure:
    """An empty product with those metadata of an exposure that stand in its primary header."""
    model = new_model(getattr(datamodels, model_type), validate_on_assignment=False)
    model.update(exposure.model, only="PRIMARY")
    made = Exposure(model, exposure.source)
    made.membership = exposure.membership
    return made


def describe(made: Exposure, exposure: Exposure) -> None:
    """Write what OIFITS asks for of the observation as a whole."""
    meta, given = made.meta, exposure.meta
    meta.origin = meta.origin or "STSCI"
    meta.oifits.array_name = ARRAY
    meta.oifits.instrument_mode = given.instrument.pupil or "NRM"
    meta.guidestar.fgs_roll_ref = given.wcsinfo.roll_ref
    meta.guidestar.fgs_v3yangle = given.wcsinfo.v3yangle
    meta.guidestar.fgs_vparity = given.wcsinfo.vparity
    for place, value in (("program.pi_name", "UNKNOWN"), ("target.proposer_name", "UNKNOWN")):
        room, name = place.split(".")
        if getattr(getattr(meta, room), name) is None:
            setattr(getattr(meta, room), name, value)
    if meta.observation.date is None:
        meta.observation.date = str(given.visit.start_time or "")[:10]


def array_table(setting: Setting, points, measured: Observables) -> np.ndarray:
    """The holes of the mask as telescopes of an array; pistons of several integrations are arrays."""
    names = [f"A{number}" for number in setting.holes.numbers]
    count = len(names)
    pistons, errors = (np.rad2deg(part).T for part in measured.piston)
    radius = setting.field if as_peer() else 0.5 * setting.field
    return table_of(
        {
            "TEL_NAME": names,
            "STA_NAME": names,
            "STA_INDEX": np.int16(setting.holes.numbers),
            "DIAMETER": np.full(count, 0.0 if as_peer() else setting.holes.size, np.float32),
            "STAXYZ": np.column_stack([setting.holes.centres, np.zeros(count)]),
            "FOV": np.full(count, radius),
            "FOVTYPE": ["RADIUS"] * count,
            "CTRS_EQT": points[:, ::-1],
            "PISTONS": pistons,
            "PIST_ERR": errors,
        }
    )


def target_table(target) -> np.ndarray:
    """The star; jwst leaves arcseconds where the format asks for degrees."""
    name = target.catalog_name if target.catalog_name not in (None, "UNKNOWN") else target.proposer_name
    to_degrees = 1.0 if as_peer() else ARCSEC

    def number(value, factor: float = 1.0):
        return np.array([np.nan if value is None else value * factor])

    return table_of(
        {
            "TARGET_ID": np.int16([1]),
            "TARGET": [str(name or "UNKNOWN").replace("-", " ")],
            "RAEP0": number(target.ra),
            "DECEP0": number(target.dec),
            "EQUINOX": np.float32([2000.0]),
            "RA_ERR": number(target.ra_uncertainty, to_degrees),
            "DEC_ERR": number(target.dec_uncertainty, to_degrees),
            "SYSVEL": np.zeros(1),
            "VELTYP": ["UNKNOWN"],
            "VELDEF": ["OPTICAL"],
            "PMRA": number(target.proper_motion_ra, to_degrees),
            "PMDEC": number(target.proper_motion_dec, to_degrees),
            "PMRA_ERR": np.zeros(1),
            "PMDEC_ERR": np.zeros(1),
            "PARALLAX": np.zeros(1, np.float32),
            "PARA_ERR": np.zeros(1, np.float32),
            "SPECTYP": ["UNKNOWN"],
        }
    )


def times_of(exposure: Exposure, nints: int) -> tuple[Time, Time]:
    """When an exposure was taken as a whole, and in each integration.

    jwst tells the midnight before the visit, and for a mean of integrations their number times all of their time.
    """
    timing, total = exposure.meta.exposure, float(exposure.meta.exposure.effective_exposure_time or 0.0)
    if as_peer():
        start = day_of(str(exposure.meta.visit.start_time)[:10])
        seconds = total * timing.nints if exposure.model_type == "ImageModel" else total
        whole = Time(np.array([start]), np.array([seconds]))
        return whole, whole
    first, last = (float(value or 0.0) for value in (timing.start_time, timing.end_time))
    count = int(timing.nints or nints)
    middle = first + (np.arange(nints) + 0.5) * (last - first) / count
    whole = Time(np.array([float(timing.mid_time or 0.5 * (first + last))]), np.array([total]))
    if exposure.model_type == "ImageModel":
        return whole, whole
    return whole, Time(middle, np.full(nints, total / count))


def day_of(date: str) -> float:
    """The modified Julian date of the beginning of a day, such as 2022-06-05."""
    return float((np.datetime64(date) - np.datetime64("1858-11-17")) / np.timedelta64(1, "D"))


def fit_product(exposure: Exposure, images: Images, fit: Fit) -> Exposure:
    """The images that were fitted, the model, what it leaves, and its coefficients over that of the star.

    Three planes are divided by the brightest pixel of each image, too.
    """
    made = product_of(exposure, "AmiLgFitModel")
    xp = current_backend().xp
    shown = images.data.astype(np.float64)
    peak = xp.where(xp.isfinite(shown), shown, -np.inf).max(axis=(1, 2), keepdims=True)
    rest = xp.where(images.good, shown - fit.model, xp.nan)
    with np.errstate(invalid="ignore", divide="ignore"):  # of integrations without a star
        for name, planes in (("centered", shown), ("fit", fit.model), ("resid", rest)):
            setattr(made, f"{name}_image", planes.astype(np.float32))
            setattr(made, f"norm_{name}_image", (planes / peak).astype(np.float32))
    coefficients = current_backend().asnumpy(fit.coefficients / fit.coefficients[:, :1])
    made.host["solns_table"] = table_of({"coeffs": coefficients})
    return made
