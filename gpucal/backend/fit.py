"""Whether arrays fit each other: compiled loops take it for granted, and would read beyond the end of a smaller one."""

from functools import lru_cache


def check_fit(**arrays) -> None:
    """See that arrays have the axes that they should have, and that axes of one name are equally long.

    Called before a kernel is launched. It looks at shapes alone, so that a device need not be waited for.

    Parameters
    ----------
    **arrays : (array, axes)
        By name. An array may be on any backend; None, for one that is optional, fits. Its axes are names, separated by
        blanks, such as ``"nints ngroups ny nx"``; or a tuple of names and of lengths, where these are known.

    Raises
    ------
    ValueError
        If one does not fit those before it; names it.

    Examples
    --------
    >>> import numpy as np
    >>> ramp, gain = np.zeros((1, 3, 4, 5)), np.zeros((4, 6))
    >>> check_fit(ramp=(ramp, "nints ngroups ny nx"), gain=(gain, "ny nx"))
    Traceback (most recent call last):
        ...
    ValueError: gain has shape (4, 6), and should have (4, 5)
    """
    known: dict[str, int] = {}
    for name, (array, axes) in arrays.items():
        if array is None:
            continue
        shape = array.shape
        wanted = _names(axes) if isinstance(axes, str) else axes
        fits = len(shape) == len(wanted)
        for axis, length in zip(wanted, shape, strict=False):
            fits = fits and length == (known.setdefault(axis, length) if isinstance(axis, str) else axis)
        if not fits:
            lengths = ", ".join(str(known.get(axis, axis)) for axis in wanted)
            raise ValueError(f"{name} has shape {tuple(shape)}, and should have ({lengths})")


@lru_cache(maxsize=256)
def _names(axes: str) -> tuple[str, ...]:
    return tuple(axes.split())


def check_indices(indices, length: int) -> None:
    """See that there are so many elements as indices ask for; a device is waited for.

    Raises
    ------
    ValueError
        If there are not.
    """
    if indices.size and int(indices.max()) >= length:
        raise ValueError(f"element {int(indices.max())} is asked for, and there are {length}")
