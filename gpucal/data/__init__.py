"""Exposures: data models whose arrays live on the backend; reading and writing them."""

from gpucal.data.exposure import Exposure
from gpucal.data.members import Members
from gpucal.data.reading import InputError, open_exposure
from gpucal.data.table import TableProduct
from gpucal.data.writing import OutputError, write_model

__all__ = ["Exposure", "InputError", "Members", "OutputError", "TableProduct", "open_exposure", "write_model"]
