"""Reference files: found by CRDS or by an override, opened once, kept on the backend."""

from gpucal.reference.crds_client import context_in_use, crds_version
from gpucal.reference.files import Reference, ReferenceFileError
from gpucal.reference.lookup import best_references, crds_parameters, parameter_references
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
