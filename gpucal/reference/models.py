"""Which stdatamodels class opens which type of reference file."""

MODEL_CLASSES = {
    "dark": "DarkModel",
    "gain": "GainModel",
    "ipc": "IPCModel",
    "linearity": "LinearityModel",
    "mask": "MaskModel",
    "readnoise": "ReadnoiseModel",
    "refpix": "IRS2Model",
    "saturation": "SaturationModel",
    "sirskernel": "SIRSKernelModel",
    "superbias": "SuperBiasModel",
}

# The array whose last two axes are the detector's rows and columns.
PRIMARY_ARRAYS = {"linearity": "coeffs", "mask": "dq"}
