"""Which stdatamodels class opens which type of reference file."""

MODEL_CLASSES = {
    "barshadow": "BarshadowModel",
    "dark": "DarkModel",
    "dflat": "NirspecFlatModel",
    "fflat": "NirspecFlatModel",
    "gain": "GainModel",
    "ipc": "IPCModel",
    "linearity": "LinearityModel",
    "mask": "MaskModel",
    "pathloss": "PathlossModel",
    "readnoise": "ReadnoiseModel",
    "refpix": "IRS2Model",
    "reset": "ResetModel",
    "rscd": "RSCDModel",
    "sflat": "NirspecFlatModel",
    "saturation": "SaturationModel",
    "sirskernel": "SIRSKernelModel",
    "superbias": "SuperBiasModel",
}

# Exceptions from the table above: references of a type that have another shape, by a keyword of their header.
SPECIAL_MODEL_CLASSES = {
    "dark": ("INSTRUME", {"MIRI": "DarkMIRIModel"}),
    "fflat": ("EXP_TYPE", {"NRS_MSASPEC": "NirspecQuadFlatModel"}),
    "specwcs": ("INSTRUME", {"MIRI": "MiriLRSSpecwcsModel"}),
}

# The array whose last two axes are the detector's rows and columns.
PRIMARY_ARRAYS = {"linearity": "coeffs", "mask": "dq"}
