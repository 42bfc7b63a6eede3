"""Which stdatamodels class opens which type of reference file."""

MODEL_CLASSES = {
    "barshadow": "BarshadowModel",
    "dark": "DarkModel",
    "dflat": "NirspecFlatModel",
    "gain": "GainModel",
    "ipc": "IPCModel",
    "linearity": "LinearityModel",
    "mask": "MaskModel",
    "pathloss": "PathlossModel",
    "readnoise": "ReadnoiseModel",
    "refpix": "IRS2Model",
    "reset": "ResetModel",
    "rscd": "RSCDModel",
    "saturation": "SaturationModel",
    "sflat": "NirspecFlatModel",
    "sirskernel": "SIRSKernelModel",
    "superbias": "SuperBiasModel",
}

# Exceptions from the table above: instruments whose references of a type have another shape.
INSTRUMENT_MODEL_CLASSES = {
    "dark": {"MIRI": "DarkMIRIModel"},
    "pathloss": {"MIRI": "MirLrsPathlossModel"},
    "specwcs": {"MIRI": "MiriLRSSpecwcsModel"},
}

# The array whose last two axes are the detector's rows and columns.
PRIMARY_ARRAYS = {"linearity": "coeffs", "mask": "dq"}
