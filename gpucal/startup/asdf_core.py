"""asdf's own extensions, made of manifests that libyaml parses.

asdf makes them when it is first used, and parses their seven manifests in Python, which takes ten times as long.
"""

import yaml
from asdf import get_config
from asdf._core._converters.complex import ComplexConverter
from asdf._core._converters.constant import ConstantConverter
from asdf._core._converters.external_reference import ExternalArrayReferenceConverter
from asdf._core._converters.integer import IntegerConverter
from asdf._core._converters.ndarray import NDArrayConverter
from asdf._core._converters.reference import ReferenceConverter
from asdf._core._converters.tree import (
    AsdfObjectConverter,
    ExtensionMetadataConverter,
    HistoryEntryConverter,
    SoftwareConverter,
    SubclassMetadataConverter,
)
from asdf._core._validators.ndarray import DatatypeValidator, MaxNdimValidator, NdimValidator
from asdf.extension import ManifestExtension
from asdf.versioning import get_supported_core_schema_versions

_CONVERTERS = (
    ComplexConverter,
    ConstantConverter,
    ExternalArrayReferenceConverter,
    AsdfObjectConverter,
    ExtensionMetadataConverter,
    HistoryEntryConverter,
    IntegerConverter,
    SoftwareConverter,
    SubclassMetadataConverter,
    ReferenceConverter,
    NDArrayConverter,
)
_VALIDATORS = (NdimValidator, MaxNdimValidator, DatatypeValidator)
_LEGACY_NAMES = ["asdf.extension.BuiltinExtension"]


def core_extensions() -> list[ManifestExtension]:
    """One extension for each version of the standard, equal to those that asdf makes itself."""
    resources = get_config().resource_manager
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    roles = {
        "converters": [kind() for kind in _CONVERTERS],
        "validators": [kind() for kind in _VALIDATORS],
        "legacy_class_names": _LEGACY_NAMES,
    }
    return [
        ManifestExtension(
            yaml.load(resources[f"asdf://asdf-format.org/core/manifests/core-{number}"], Loader=parser), **roles
        )
        for number in get_supported_core_schema_versions()
    ]
