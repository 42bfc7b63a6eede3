"""Writing the references of an exposure with slits into a CRDS cache, and serving them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpucal.simulate.crds_cache import (
    DETECTOR,
    EXPOSURE_TYPE,
    FILTER,
    GRATING,
    SUBARRAY,
    CrdsCache,
    selection_keys,
)
from gpucal.simulate.distortion import distortion_model
from gpucal.simulate.references import digest, write_tree
from gpucal.simulate.spectra import extraction_references as extraction
from gpucal.simulate.spectra import lrs_references, nirspec_flats, nirspec_photometry, slit_losses
from gpucal.simulate.spectra.lrs_dispersion import SLITLESS, specwcs
from gpucal.simulate.spectra.msa_geometry import write_msa
from gpucal.simulate.spectra.nirspec_settings import LAMP_TYPES, wavelengths_of
from gpucal.simulate.spectra.shutter_operability import msaoper
from gpucal.simulate.spectra.wavelength_offsets import wavecorr

FORMAT = 1
NOT_APPLICABLE = "N/A"
OPTICS = Path(__file__).with_name("nirspec_optics")
DISPERSERS = {"PRISM": "0034", "G395H": "0035", "G395M": "0036", "G235M": "0037"}
FORE_OPTICS = {"F290LP": "0022", "F170LP": "0027", "CLEAR": "0028", "OPAQUE": "0027"}


@dataclass(frozen=True)
class Setting:
    """What the references of a spectroscopic exposure are chosen by.

    Attributes
    ----------
    exp_type, detector, filter, subarray : str
    grating : str
        Of NIRSpec.
    lamp : str or None
        Where FILTER is OPAQUE.
    """

    exp_type: str
    detector: str
    filter: str
    subarray: str
    grating: str = ""
    lamp: str | None = None

    @property
    def instrument(self) -> str:
        """NIRSPEC or MIRI."""
        return "NIRSPEC" if self.exp_type.startswith("NRS") else "MIRI"

    def keys(self, kind: str) -> tuple[str, ...]:
        """The values by which the rules choose a reference of a type."""
        values = {
            DETECTOR: self.detector,
            EXPOSURE_TYPE: self.exp_type,
            FILTER: self.filter,
            GRATING: self.grating,
            SUBARRAY: self.subarray,
        }
        return tuple(values[key] for key in selection_keys(kind, self.instrument))


def provide_spectral_references(cache: CrdsCache, setting: Setting, failed_open=()) -> dict[str, Path]:
    """Write the references that are not in the cache yet, and make it serve them.

    Parameters
    ----------
    cache : CrdsCache
    setting : Setting
    failed_open : iterable of (int, int, int)
        Shutters that stay open: quadrant, x and y, from 1.

    Returns
    -------
    dict
        Reference type -> path; types that do not apply are served as N/A and are not in it.
    """
    write = _Writer(cache, setting)
    makers = _lrs(setting) if setting.instrument == "MIRI" else _nirspec(setting, tuple(failed_open))
    paths = {kind: None if maker is None else write(kind, *maker) for kind, maker in makers.items()}
    rows = {kind: (setting.keys(kind), path.name if path else NOT_APPLICABLE) for kind, path in paths.items()}
    cache.serve(setting.instrument, rows)
    return {kind: path for kind, path in paths.items() if path}


@dataclass(frozen=True)
class _Writer:
    cache: CrdsCache
    setting: Setting

    def __call__(self, kind: str, state, extension: str, write: Callable[[Path], None]) -> Path:
        """Path of a reference whose contents follow from a state; written if it is not there."""
        name = f"jwst_{self.setting.instrument.lower()}_{kind}_{digest((FORMAT, kind, state))}.{extension}"
        path = self.cache.reference_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path)
        return path


def _rng(*state):
    return np.random.default_rng(int(digest(state), 16))


def _model(state, make, extension="fits"):
    return state, extension, lambda path: make().save(str(path))


def _json(state, tree):
    return state, "json", lambda path: path.write_text(json.dumps(tree, indent=1) + "\n")


def _copy(name):
    return name, "asdf", lambda path: shutil.copyfile(OPTICS / f"jwst_nirspec_{name}.asdf", path)


def _nirspec(setting, failed_open):
    kind = setting.exp_type
    shutters, lamp = kind == "NRS_MSASPEC", kind in LAMP_TYPES
    waves = wavelengths_of(setting.grating, setting.lamp or setting.filter)
    of_setting = (kind, setting.grating, setting.lamp or setting.filter)
    sky = {
        "fflat": _model(of_setting, lambda: nirspec_flats.fore_flat(waves, kind, _rng("fflat", of_setting))),
        "photom": _model(kind, lambda: nirspec_photometry.photom(kind)),
        "area": _model(kind, lambda: nirspec_photometry.area(kind)),
        "apcorr": _model(kind, lambda: extraction.apcorr(kind)),
        "psf": _model(of_setting, lambda: extraction.point_spread(waves, kind)),
        "wavecorr": _model(kind, lambda: wavecorr(kind), "asdf"),
        "pathloss": _model(kind, lambda: slit_losses.pathloss(kind)) if kind != "NRS_BRIGHTOBJ" else None,
        "barshadow": _model(kind, slit_losses.barshadow) if shutters else None,
    }
    return {
        "camera": _copy("camera_0004"),
        "collimator": _copy("collimator_0004"),
        "fpa": _copy("fpa_0005"),
        "ote": _copy("ote_0005"),
        "wavelengthrange": _copy("wavelengthrange_0004"),
        "disperser": _copy(f"disperser_{DISPERSERS[setting.grating]}"),
        "fore": _copy(f"fore_{FORE_OPTICS[setting.filter]}"),
        "msa": ("msa", "asdf", write_msa),
        "sflat": _model(
            (setting.detector, of_setting),
            lambda: nirspec_flats.spectrograph_flat(waves, kind, setting.detector, _rng("sflat", of_setting)),
        ),
        "dflat": _model(
            setting.detector,
            lambda: nirspec_flats.detector_flat(setting.detector, _rng("dflat", setting.detector)),
        ),
        "extract1d": _json(kind, extraction.extract1d(kind)),
        "msaoper": _json(failed_open, msaoper(failed_open)) if failed_open and (shutters or lamp) else None,
        **(dict.fromkeys(sky) if lamp else sky),
    }


def _lrs(setting):
    kind = setting.exp_type
    tree, units = {"model": distortion_model("MIRIMAGE")}, {"input_units": "pixel", "output_units": "arcsec"}
    chip = {"name": "MIRI", "detector": "MIRIMAGE"}
    distortion = (
        "MIRIMAGE",
        "asdf",
        lambda path: write_tree(path, chip, "distortion", "Simulated distortion", tree, units),
    )
    return {
        "distortion": distortion,
        "specwcs": _model(kind, lambda: specwcs(kind)),
        "flat": _model(kind, lambda: lrs_references.flat(kind, _rng("flat", kind))),
        "photom": _model(kind, lambda: lrs_references.photom(kind)),
        "apcorr": _model(kind, lambda: lrs_references.apcorr(kind)),
        "psf": _model(kind, lambda: lrs_references.point_spread(kind)),
        "extract1d": _json(kind, lrs_references.extract1d(kind)),
        "pathloss": None if kind == SLITLESS else _model(kind, lrs_references.pathloss),
    }
