"""Writing the references of an exposure with slits into a CRDS cache, and serving them."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpucal.simulate.crds_cache import (
    ANY,
    BAND,
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
    band : str
        Of MIRI's medium-resolution spectrometer.
    pupil : str
        Of NIRISS.
    """

    exp_type: str
    detector: str
    filter: str
    subarray: str
    grating: str = ""
    lamp: str | None = None
    band: str = ANY
    pupil: str = ANY

    @property
    def instrument(self) -> str:
        """NIRSPEC, MIRI or NIRISS."""
        return {"NRS": "NIRSPEC", "MIR": "MIRI", "NIS": "NIRISS"}[self.exp_type[:3]]

    def keys(self, kind: str) -> tuple[str, ...]:
        """The values by which the rules choose a reference of a type."""
        values = {
            BAND: self.band,
            DETECTOR: self.detector,
            EXPOSURE_TYPE: self.exp_type,
            FILTER: self.filter,
            GRATING: self.grating,
            "META.INSTRUMENT.PUPIL": self.pupil,
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
    makers = _lrs(setting) if setting.instrument == "MIRI" else _nirspec(setting, tuple(failed_open))
    return write_and_serve(cache, setting, makers)


def write_and_serve(cache: CrdsCache, setting: Setting, makers: dict) -> dict[str, Path]:
    """Write references that are not in the cache yet, and make it serve them for a setting.

    Parameters
    ----------
    cache : CrdsCache
    setting : Setting
    makers : dict
        Reference type -> what its contents follow from, extension of its name and function that writes it to a path;
        None for a type that does not apply.

    Returns
    -------
    dict
        As `provide_spectral_references` returns it.
    """
    write = _Writer(cache, setting)
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


def rng_of(*state) -> np.random.Generator:
    """Random numbers that follow from a state."""
    return np.random.default_rng(int(digest(state), 16))


def of_model(state, make: Callable, extension: str = "fits"):
    """How to write a reference that a function makes as a data model; see `write_and_serve`."""
    return state, extension, lambda path: make().save(str(path))


def of_json(state, tree: dict):
    """How to write a reference in JSON; see `write_and_serve`."""
    return state, "json", lambda path: path.write_text(json.dumps(tree, indent=1) + "\n")


def of_optics(name: str):
    """How to write one of the files of NIRSpec's optics, such as ``camera_0004``; see `write_and_serve`."""
    return name, "asdf", lambda path: path.write_bytes(optics_file(name))


def optics_file(name: str) -> bytes:
    """The contents of a file of NIRSpec's optics; large ones are kept compressed."""
    plain = OPTICS / f"jwst_nirspec_{name}.asdf"
    return plain.read_bytes() if plain.exists() else gzip.decompress(plain.with_suffix(".asdf.gz").read_bytes())


def _nirspec(setting, failed_open):
    kind = setting.exp_type
    shutters, lamp = kind == "NRS_MSASPEC", kind in LAMP_TYPES
    waves = wavelengths_of(setting.grating, setting.lamp or setting.filter)
    of_setting = (kind, setting.grating, setting.lamp or setting.filter)
    sky = {
        "fflat": of_model(of_setting, lambda: nirspec_flats.fore_flat(waves, kind, rng_of("fflat", of_setting))),
        "photom": of_model(kind, lambda: nirspec_photometry.photom(kind)),
        "area": of_model(kind, lambda: nirspec_photometry.area(kind)),
        "apcorr": of_model(kind, lambda: extraction.apcorr(kind)),
        "psf": of_model(of_setting, lambda: extraction.point_spread(waves, kind)),
        "wavecorr": of_model(kind, lambda: wavecorr(kind), "asdf"),
        "pathloss": of_model(kind, lambda: slit_losses.pathloss(kind)) if kind != "NRS_BRIGHTOBJ" else None,
        "barshadow": of_model(kind, slit_losses.barshadow) if shutters else None,
    }
    return {
        **common_of_nirspec(setting),
        "extract1d": of_json(kind, extraction.extract1d(kind)),
        "msaoper": of_json(failed_open, msaoper(failed_open)) if failed_open and (shutters or lamp) else None,
        **(dict.fromkeys(sky) if lamp else sky),
    }


def common_of_nirspec(setting: Setting) -> dict:
    """How to write what all spectra of NIRSpec need: optics, the flats of spectrograph and detector; see
    `write_and_serve`.
    """
    selected = setting.lamp or setting.filter
    kind, waves = setting.exp_type, wavelengths_of(setting.grating, selected)
    of_setting = (kind, setting.grating, selected)
    return {
        "camera": of_optics("camera_0004"),
        "collimator": of_optics("collimator_0004"),
        "fpa": of_optics("fpa_0005"),
        "ote": of_optics("ote_0005"),
        "wavelengthrange": of_optics("wavelengthrange_0004"),
        "disperser": of_optics(f"disperser_{DISPERSERS[setting.grating]}"),
        "fore": of_optics(f"fore_{FORE_OPTICS[setting.filter]}"),
        "msa": ("msa", "asdf", write_msa),
        "sflat": of_model(
            (setting.detector, of_setting),
            lambda: nirspec_flats.spectrograph_flat(waves, kind, setting.detector, rng_of("sflat", of_setting)),
        ),
        "dflat": of_model(
            setting.detector,
            lambda: nirspec_flats.detector_flat(setting.detector, rng_of("dflat", setting.detector)),
        ),
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
        "specwcs": of_model(kind, lambda: specwcs(kind)),
        "flat": of_model(kind, lambda: lrs_references.flat(kind, rng_of("flat", kind))),
        "photom": of_model(kind, lambda: lrs_references.photom(kind)),
        "apcorr": of_model(kind, lambda: lrs_references.apcorr(kind)),
        "psf": of_model(kind, lambda: lrs_references.point_spread(kind)),
        "extract1d": of_json(kind, lrs_references.extract1d(kind)),
        "pathloss": None if kind == SLITLESS else of_model(kind, lrs_references.pathloss),
    }
