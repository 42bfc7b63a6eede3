"""References that are full frames of one detector, whose headers need not tell it."""

from gpucal.reference import Reference, ReferenceFileError


def full_frame(reference: Reference, name: str, exposure):
    """An array of a reference that has the pixels of an exposure.

    Parameters
    ----------
    reference : Reference
        The reference.
    name : str
        Its array.
    exposure : Exposure
        A full frame.

    Returns
    -------
    (ny, nx) array
        On the backend; not to be changed.

    Raises
    ------
    ReferenceFileError
        If it is not there, or has another shape.
    """
    array, shape = reference.array(name), exposure.shape_of("data")
    if array is None or array.shape != shape:
        found = "there is none" if array is None else f"it has {array.shape}"
        raise ReferenceFileError(
            f"{reference.kind} reference {reference.label}: its {name} should have the shape {shape} of "
            f"{exposure.source}; {found}"
        )
    return array
