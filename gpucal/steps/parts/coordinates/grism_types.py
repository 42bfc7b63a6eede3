"""Spectra without slits: the types of their exposures."""

WFSS_TYPES = ("NIS_WFSS", "NRC_WFSS", "MIR_WFSS")
SERIES_TYPE = "NRC_TSGRISM"
GRISM_TYPES = (*WFSS_TYPES, SERIES_TYPE)
