"""gpucal: JWST science calibration on GPUs and on plain CPUs."""

from importlib.metadata import version

__version__ = version("gpucal")
