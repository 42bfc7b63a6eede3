"""Exposures of NIRSpec through slits, without light, and the references that their coordinates are made of."""

from pathlib import Path

from stdatamodels.jwst import datamodels

from gpucal.simulate.spectra.msa_geometry import write_msa
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, SlitInUse, Slitlet
from gpucal.simulate.spectra.spectral_references import OPTICS
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.wcs.documents import read_document

MIRROR = Path(__file__).parent / "files" / "references" / "jwst_nirspec_disperser_0038.asdf"

DISPERSERS = {
    "PRISM": OPTICS / "jwst_nirspec_disperser_0034.asdf",
    "G395H": OPTICS / "jwst_nirspec_disperser_0035.asdf",
    "G395M": OPTICS / "jwst_nirspec_disperser_0036.asdf",
    "G235M": OPTICS / "jwst_nirspec_disperser_0037.asdf",
    "MIRROR": MIRROR,
}
FILTERS = {"PRISM": "CLEAR", "G395H": "F290LP", "G395M": "F290LP", "G235M": "F170LP", "MIRROR": "F110W"}

# A source, a virtual one, background of three shutters and of one, a closed shutter inside, and one far from the rest.
SHUTTERS = MsaConfiguration(
    (
        Slitlet(1, 1, 100, (40, 41, 42), 11, 41, (0.3, 0.6), 0.9),
        Slitlet(2, 2, 180, (90, 91, 92), -2, 91),
        Slitlet(3, 3, 30, (60, 61, 62)),
        Slitlet(4, 3, 200, (100,)),
        Slitlet(7, 4, 250, (20, 21, 23), 17, 21, (0.7, 0.45), 0.1),
        Slitlet(9, 4, 360, (165, 166, 167), 19, 166, stellarity=-1.0),
    ),
    (SlitInUse("S200A1", 900, (0.5, 0.45)),),
    nods=(0, 1),
    sky={11: (53.1, -27.8), 900: (53.2, -27.9)},
)


def references(folder: Path, grating: str) -> dict[str, Path]:
    """The references of a grating, by type; the msa reference is written to a folder if it is not there."""
    msa = folder / "msa.asdf"
    if not msa.exists():
        write_msa(msa)
    optics = {kind: next(OPTICS.glob(f"jwst_nirspec_{kind}_*.asdf")) for kind in ("camera", "collimator", "fpa", "ote")}
    return optics | {
        "fore": OPTICS / "jwst_nirspec_fore_0027.asdf",
        "wavelengthrange": OPTICS / "jwst_nirspec_wavelengthrange_0004.asdf",
        "disperser": DISPERSERS[grating],
        "msa": msa,
    }


def trees(folder: Path, grating: str) -> dict[str, dict]:
    """The trees of the references of a grating."""
    return {kind: read_document(path) for kind, path in references(folder, grating).items()}


def overrides(folder: Path, grating: str) -> dict[str, str]:
    """Parameters of assign_wcs that name the references of a grating."""
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    return kinds | {f"override_{kind}": str(path) for kind, path in references(folder, grating).items()}


def exposure(kind="NRS_FIXEDSLIT", grating="G395M", detector="NRS1", frame=("FULL", (1, 1), (2048, 2048)), **more):
    """A model of an exposure; more metadata by their place, dots as two underscores."""
    subarray, corner, size = frame
    shape = (2, *size[::-1]) if kind == "NRS_BRIGHTOBJ" else size[::-1]
    model = (datamodels.CubeModel if len(shape) == 3 else datamodels.ImageModel)(shape)
    meta = model.meta
    meta.exposure.type = kind
    meta.instrument.name, meta.instrument.detector = "NIRSPEC", detector
    meta.instrument.grating, meta.instrument.filter = grating, FILTERS[grating]
    meta.instrument.gwa_xtilt, meta.instrument.gwa_ytilt, meta.instrument.gwa_tilt = 0.3316, 0.1258, 37.06
    meta.instrument.fixed_slit = "S200A1"
    meta.observation.date, meta.observation.time = "2023-05-01", "00:00:00.000"
    meta.observation.program_number = "01234"
    meta.subarray.name = subarray
    meta.subarray.xstart, meta.subarray.ystart = corner
    meta.subarray.xsize, meta.subarray.ysize = size
    pointing = {"v2_ref": 321.9, "v3_ref": -473.7, "ra_ref": 53.1, "dec_ref": -27.8, "roll_ref": 32.0}
    for name, value in (pointing | {"v3yangle": 138.5, "vparity": -1, "velosys": 5000.0}).items():
        setattr(meta.wcsinfo, name, value)
    meta.velocity_aberration.scale_factor = 1.0000612
    for place, value in more.items():
        *path, name = place.split("__")
        node = meta
        for part in path:
            node = getattr(node, part)
        setattr(node, name, value)
    return model


def through_shutters(path: Path, dither: int = 1, **more):
    """An exposure through `SHUTTERS`, whose metadata file is written."""
    SHUTTERS.write(path)
    told = {"instrument__msa_metadata_file": str(path), "instrument__msa_metadata_id": 1}
    return exposure(**{"kind": "NRS_MSASPEC"} | told | {"dither__position_number": dither} | more)
