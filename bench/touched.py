"""Exposures and references that remember what a step reads and changes."""

from collections.abc import Hashable

from gpucal.data import Exposure


class _Watched(Exposure):
    """An exposure that takes note of the arrays that are asked for."""

    def __getattr__(self, name: str):
        value = super().__getattr__(name)
        if not name.startswith("_") and name in self.array_names:
            self.__dict__["asked_for"].add(name)
        return value


class TouchedExposure:
    """A copy of an exposure, to be handed to a step, whose arrays are watched.

    Attributes
    ----------
    exposure : Exposure
        The copy.
    """

    def __init__(self, exposure: Exposure):
        held = [name for name in exposure.array_names if exposure.has(name)]
        self._before = {name: getattr(exposure, name) for name in held}
        plain = exposure.blank(exposure.model_type)
        self.exposure = _Watched(plain.model, exposure.source)
        self.exposure.__dict__["asked_for"] = set()
        for name, array in self._before.items():
            setattr(self.exposure, name, array.copy())
        for table in ("int_times", "group"):
            if getattr(exposure.model, table, None) is not None:
                setattr(self.exposure.model, table, getattr(exposure.model, table))

    def bytes_moved(self, result) -> int:
        """Bytes of the arrays that were asked for, and of those that are new or were changed."""
        read = {name for name in self.exposure.__dict__["asked_for"] if name in self._before}
        products = [result] if isinstance(result, Exposure) else [one for one in result if one is not None]
        moved = sum(self._before[name].nbytes for name in read)
        for product in products:
            for name, array in product.arrays.items():
                before = self._before.get(name) if product is self.exposure else None
                same_shape = before is not None and before.shape == array.shape
                if not (same_shape and bool((_bits(array) == _bits(before)).all())):
                    moved += array.nbytes
        return moved


def _bits(array):
    """The bits of an array: NaN is equal to itself."""
    return array.view(f"u{array.dtype.itemsize}")


class TouchedReferences:
    """The references of a run, which count the bytes of the arrays that are asked for.

    Attributes
    ----------
    bytes_read : int
        Those bytes, each array once.
    """

    def __init__(self, references):
        self._references = references
        self._read: dict[Hashable, int] = {}

    @property
    def bytes_read(self) -> int:
        return sum(self._read.values())

    def of(self, step):
        """The references of one step."""
        return _TouchedOf(self._references.of(step), self._read)


class _TouchedOf:
    """The references of one step, watched."""

    def __init__(self, used, read: dict[Hashable, int]):
        self._used = used
        self._read = read

    def __getattr__(self, name: str):
        return getattr(self._used, name)

    def __getitem__(self, kind: str):
        reference = self._used[kind]
        return None if reference is None else _TouchedReference(reference, self._read)


class _TouchedReference:
    """One reference, watched."""

    def __init__(self, reference, read: dict[Hashable, int]):
        self._reference = reference
        self._read = read

    def __getattr__(self, name: str):
        return getattr(self._reference, name)

    def array(self, name: str, *which):
        """An array of the reference; its bytes are counted."""
        array = self._reference.array(name, *which)
        if array is not None:
            self._read[id(array)] = array.nbytes
        return array

    def parts(self, name: str, *which, **cut):
        """An array of the reference in parts; their bytes are counted."""
        read = 0
        for rows, part in self._reference.parts(name, *which, **cut):
            read += part.nbytes
            yield rows, part
        self._read[self._reference.label, name] = read
