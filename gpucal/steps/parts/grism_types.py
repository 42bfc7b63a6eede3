"""Exposure types of grism spectra without slits: fields of many sources, and series of one."""

FIELD_TYPES = ("NIS_WFSS", "NRC_WFSS", "NRC_GRISM", "MIR_WFSS")
SERIES_TYPE = "NRC_TSGRISM"
GRISM_TYPES = (*FIELD_TYPES, SERIES_TYPE)

# Series of one object through the grism of NIRISS, whose orders overlap.
SOSS_TYPE = "NIS_SOSS"
