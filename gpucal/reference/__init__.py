"""Reference files: found by CRDS or by an override, opened once, kept on the backend."""

from gpucal.reference.files import Reference, ReferenceFileError
from gpucal.reference.lookup import (
    best_references,
    context_in_use,
    crds_parameters,
    crds_version,
    parameter_references,
)
from gpucal.reference.store import clear_store

__all__ = [
    "Reference",
    "ReferenceFileError",
    "best_references",
    "clear_store",
    "context_in_use",
    "crds_parameters",
    "crds_version",
    "parameter_references",
]
