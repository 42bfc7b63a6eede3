"""Integral fields: the types of their exposures, and of the references that their coordinates are made of."""

from gpucal.steps.parts.coordinates.nirspec import NIRSPEC_REFERENCES

MRS_TYPE = "MIR_MRS"
MRS_REFERENCES = ("distortion", "specwcs", "regions", "wavelengthrange")

NIRSPEC_IFU = "NRS_IFU"
# Of the slicer, and of the colours of the fore optics.
SLICER, COLOURS = ("ifuslicer", "ifupost", "ifufore"), "chromcorr"
NIRSPEC_IFU_REFERENCES = (*NIRSPEC_REFERENCES, *SLICER, COLOURS)
