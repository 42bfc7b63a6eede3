"""Which stdatamodels class opens which type of reference file."""

from pathlib import Path

from gpucal.startup.lazy import datamodels, fits

MODEL_CLASSES = {
    "barshadow": "BarshadowModel",
    "dark": "DarkModel",
    "dflat": "NirspecFlatModel",
    "fringefreq": "FringeFreqModel",
    "gain": "GainModel",
    "ipc": "IPCModel",
    "linearity": "LinearityModel",
    "mask": "MaskModel",
    "mrsxartcorr": "MirMrsXArtCorrModel",
    "nrm": "NRMModel",
    "pastasoss": "PastasossModel",
    "pathloss": "PathlossModel",
    "readnoise": "ReadnoiseModel",
    "refpix": "IRS2Model",
    "regions": "RegionsModel",
    "reset": "ResetModel",
    "rscd": "RSCDModel",
    "saturation": "SaturationModel",
    "sflat": "NirspecFlatModel",
    "sirskernel": "SIRSKernelModel",
    "speckernel": "SpecKernelModel",
    "specprofile": "SpecProfileModel",
    "superbias": "SuperBiasModel",
    "throughput": "ThroughputModel",
}

# Exceptions from the table above: instruments whose references of a type have another shape.
INSTRUMENT_MODEL_CLASSES = {
    "dark": {"MIRI": "DarkMIRIModel"},
    "pathloss": {"MIRI": "MirLrsPathlossModel"},
    "specwcs": {"MIRI": "MiriLRSSpecwcsModel"},
}

# The array whose last two axes are the detector's rows and columns.
PRIMARY_ARRAYS = {"linearity": "coeffs", "mask": "dq", "nrm": "nrm", "regions": "regions"}


def model_class_of(kind: str, path: Path) -> type | None:
    """The class that opens a reference.

    Parameters
    ----------
    kind : str
        Its type.
    path : Path
        The file.

    Returns
    -------
    type or None
        That of the type, and of the instrument where that matters; of types that no table lists the one that the header
        names. None where nothing tells.
    """
    name = MODEL_CLASSES.get(kind)
    by_instrument = INSTRUMENT_MODEL_CLASSES.get(kind)
    if path.suffix == ".fits" and (by_instrument or name is None):
        header = fits.getheader(path)
        name = (by_instrument or {}).get(header.get("INSTRUME"), name) or header.get("DATAMODL", "")
    return name and getattr(datamodels, name, None)
