"""Parts of the trees of references that are ASDF files, such as transforms."""

from gpucal.data.files.quiet import quietly
from gpucal.reference.files import Reference, ReferenceFileError
from gpucal.startup.lazy import datamodels
from gpucal.wcs.documents import read_document, tree_of_model


def tree_of(reference: Reference) -> dict:
    """The tree of a reference; see `gpucal.wcs.documents`."""
    return tree_of_model(reference.model) if reference.path is None else read_document(reference.path)


def part_of(reference: Reference, name: str):
    """A part of the tree of a reference.

    Raises
    ------
    ReferenceFileError
        If the reference does not hold it.
    """
    tree = tree_of(reference)
    if name not in tree:
        raise ReferenceFileError(f"{reference.label} holds no {name}")
    return tree[name]


def model_as(reference: Reference, class_name: str):
    """The whole model of a reference as one of a class of stdatamodels; opened once more if it is of another."""
    model_class = getattr(datamodels, class_name)
    if isinstance(reference.model, model_class):
        return reference.model
    with quietly():
        return model_class(reference.path or reference.model)
