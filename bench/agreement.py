"""How closely two products agree: extensions, keywords, flags, and values in units of their error.

The peer's product is the standard, ours is judged against it:

- extensions agree in name, order, type and shape, and tables also in their columns;
- every keyword is there on both sides with the same value, but for those that are free, and for roundings of
  numbers that are solved for (`bench.keywords`);
- flags differ on at most `FLAG_TOLERANCE` of the elements, so on none of a small array;
- values are NaN in the same places, and elsewhere differ by at most `ERROR_TOLERANCE` of the
  error of that value or by `RELATIVE_TOLERANCE` of it, wherever the flags of both agree;
- where flags differ, values are not judged. These are counted, and are at most `FLAG_TOLERANCE` of the values.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from bench.errors import error_of
from bench.keywords import FREE_KEYWORDS, KeywordMismatch, cards, compare_keywords, metadata

ERROR_TOLERANCE = 1e-4
RELATIVE_TOLERANCE = 1e-5
FLAG_TOLERANCE = 1e-6


@dataclass(frozen=True)
class ExtensionAgreement:
    """How one array, or one column of a table, agrees.

    Attributes
    ----------
    name : str
        Extension name, with its version when that is not 1, and the column of a table.
    size : int
        Number of elements.
    in_error : float
        Largest difference in units of the error of the value; NaN where the array has no error.
    relative : float
        Largest difference relative to the peer's value, where that is not zero.
    beyond : int
        Elements that differ by more than both tolerances.
    misplaced_nan : int
        Elements that are NaN on one side only.
    differing : int
        Elements that differ, for flags, other integers and text.
    unjudged : int
        Values that are not compared, since the flags that belong to them differ.
    worst : str
        Where the largest difference is, and both values there.
    """

    name: str
    size: int
    in_error: float = np.nan
    relative: float = np.nan
    beyond: int = 0
    misplaced_nan: int = 0
    differing: int = 0
    unjudged: int = 0
    worst: str = ""

    @property
    def differing_fraction(self) -> float:
        return self.differing / max(self.size, 1)

    @property
    def unjudged_fraction(self) -> float:
        return self.unjudged / max(self.size, 1)

    @property
    def agrees(self) -> bool:
        excused = max(self.differing_fraction, self.unjudged_fraction) <= FLAG_TOLERANCE
        return excused and not (self.beyond or self.misplaced_nan)

    def __str__(self):
        facts = [f"{self.name}:"]
        if self.differing:
            facts.append(f"{self.differing} of {self.size} flags or exact values differ")
        if self.unjudged:
            facts.append(f"{self.unjudged} of {self.size} not compared, as their flags differ")
        if self.misplaced_nan:
            facts.append(f"{self.misplaced_nan} of {self.size} are NaN on one side only")
        if not np.isnan(self.relative):
            facts.append(f"largest difference {self.in_error:.2g} of the error, {self.relative:.2g} relative")
        if self.beyond:
            facts.append(f"{self.beyond} of {self.size} beyond the tolerances")
        return " ".join([facts[0], ", ".join(facts[1:]), self.worst])


@dataclass(frozen=True)
class Agreement:
    """How one product agrees with the peer's.

    Attributes
    ----------
    extensions : tuple of ExtensionAgreement
        Arrays and table columns that both products have with the same shape.
    structure : tuple of str
        Differences in the list of extensions, in types, shapes and columns.
    keywords : tuple of KeywordMismatch
        Keywords that disagree.
    """

    extensions: tuple[ExtensionAgreement, ...]
    structure: tuple[str, ...]
    keywords: tuple[KeywordMismatch, ...]

    def __getitem__(self, name) -> ExtensionAgreement:
        return next(extension for extension in self.extensions if extension.name == name)

    @property
    def agrees(self) -> bool:
        return not (self.structure or self.keywords) and all(e.agrees for e in self.extensions)

    @property
    def largest_in_error(self) -> float:
        """Largest difference of any array, in units of its error (0 when no array has one)."""
        return max((e.in_error for e in self.extensions if not np.isnan(e.in_error)), default=0.0)

    @property
    def differing_flags(self) -> int:
        """Flags, other integers and text that differ, in all arrays."""
        return sum(extension.differing for extension in self.extensions)

    @property
    def unjudged(self) -> int:
        """Values of all arrays that are not compared, since the flags that belong to them differ."""
        return sum(extension.unjudged for extension in self.extensions)

    def __str__(self):
        told = [e for e in self.extensions if not e.agrees or e.differing or e.unjudged]
        agreeing = [extension.name for extension in self.extensions if extension.agrees]
        lines = [*self.structure, *self.keywords, *told]
        return "\n".join([*map(str, lines), f"in agreement: {', '.join(agreeing) or 'nothing'}"])

    def apart_from(self, keywords: re.Pattern) -> Agreement:
        """The same without those keywords whose whole names match."""
        return replace(self, keywords=tuple(one for one in self.keywords if not keywords.fullmatch(one.keyword)))

    def assert_agrees(self):
        """Raise an AssertionError that says what disagrees, unless nothing does."""
        assert self.agrees, f"the products disagree\n{self}"


def compare(ours, theirs, error=None) -> Agreement:
    """Compare our product with the peer's.

    Parameters
    ----------
    ours, theirs : path or stdatamodels model
        The two products. Models are not changed.
    error : float or array, optional
        Error of values that have none in the product, broadcast to its arrays; by default that of a read for
        ramps, and none for others, which then have to agree relatively. See `bench.errors`.

    Returns
    -------
    Agreement
    """
    with ExitStack() as stack:
        our_path, their_path = (stack.enter_context(_as_file(product)) for product in (ours, theirs))
        our_hdus = stack.enter_context(fits.open(our_path, memmap=False))
        their_hdus = stack.enter_context(fits.open(their_path, memmap=False))
        our_names, their_names = _names(our_hdus), _names(their_hdus)
        structure, keywords, extensions = [], [], []
        if list(our_names) != list(their_names):
            structure.append(f"extensions: ours {list(our_names)}, theirs {list(their_names)}")
        pairs = {
            name: (our_hdus[our_names[name]], their_hdus[their_names[name]])
            for name in their_names
            if name in our_names
        }
        for name, pair in pairs.items():
            keywords += compare_keywords(name, *(cards(hdu) for hdu in pair))
            if name == "ASDF":
                keywords += compare_keywords(name, metadata(our_path), metadata(their_path))
                continue
            problems, arrays = _paired_arrays(name, *pair)
            structure += problems
            extensions += [
                _compare_arrays(label, *values, error_of(label, their_hdus, error), _equal_flags(name, pairs))
                for label, values in arrays.items()
            ]
        return Agreement(tuple(extensions), tuple(structure), tuple(keywords))


def compare_folders(ours: Path, theirs: Path) -> dict[str, Agreement]:
    """Compare all FITS files of two folders.

    Returns
    -------
    dict
        File name to Agreement; a file that is on one side only disagrees in its structure.
    """
    names = [{path.name for path in folder.glob("*.fits")} for folder in (ours, theirs)]
    return {
        name: compare(ours / name, theirs / name)
        if name in names[0] & names[1]
        else Agreement((), (f"only {'ours' if name in names[0] else 'theirs'} has {name}",), ())
        for name in sorted(names[0] | names[1])
    }


@contextmanager
def _as_file(product):
    """Path of a product; an open model is written to a temporary file."""
    if not hasattr(product, "save"):
        yield Path(product)
        return
    with tempfile.TemporaryDirectory() as folder, product.copy() as copy:
        # saving may change unsigned arrays in place, hence the copy
        yield Path(copy.save(Path(folder) / "product.fits"))


def _names(hdus):
    """Extension label ("SCI", "SCI,2") to its place in the file."""
    return {
        (hdu.name if hdu.ver == 1 else f"{hdu.name},{hdu.ver}"): index for index, hdu in enumerate(hdus)
    }


def _paired_arrays(name, our_hdu, their_hdu):
    """Arrays of one extension to compare, by label, and what differs in their structure."""
    if our_hdu.data is None or their_hdu.data is None:
        one_sided = (our_hdu.data is None) != (their_hdu.data is None)
        return ([f"{name}: data on one side only"] if one_sided else []), {}
    if our_hdu.data.dtype.names is None and their_hdu.data.dtype.names is None:
        candidates = {name: (our_hdu.data, their_hdu.data)}
        problems = []
    else:
        ours, theirs = our_hdu.columns.names, their_hdu.columns.names
        problems = [f"{name}: columns ours {ours}, theirs {theirs}"] if ours != theirs else []
        candidates = {
            f"{name}.{column}": (our_hdu.data[column], their_hdu.data[column])
            for column in theirs
            if column in ours and column not in FREE_KEYWORDS
        }
    arrays = {}
    for label, (ours, theirs) in candidates.items():
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        signatures = [f"{array.dtype.newbyteorder('=')} {array.shape}" for array in (ours, theirs)]
        if signatures[0] != signatures[1]:
            problems.append(f"{label}: ours {signatures[0]}, theirs {signatures[1]}")
        if ours.shape == theirs.shape:
            arrays[label] = (ours, theirs)
    return problems, arrays


def _equal_flags(name, pairs):
    """Where the flags that belong to an extension agree; True when it has none of its shape."""
    version = name.partition(",")[2]
    shape = np.shape(pairs[name][0].data)
    equal = np.True_
    for flags in ("DQ", "PIXELDQ", "GROUPDQ"):
        label = f"{flags},{version}" if version else flags
        if label not in pairs:
            continue
        ours, theirs = (hdu.data for hdu in pairs[label])
        if ours.shape == theirs.shape == shape[len(shape) - theirs.ndim :]:
            equal = equal & (ours == theirs)
    return equal


def _compare_arrays(label, ours, theirs, error, equal_flags):
    if theirs.dtype.kind != "f":
        differing = ours != theirs
        worst = _worst(differing, ours, theirs) if differing.any() else ""
        return ExtensionAgreement(label, theirs.size, differing=int(differing.sum()), worst=worst)

    ours, theirs = ours.astype(float), theirs.astype(float)
    counted = np.broadcast_to(equal_flags, theirs.shape)
    misplaced = counted & (np.isnan(ours) != np.isnan(theirs))
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.where(counted & (ours != theirs), np.abs(ours - theirs), 0.0)
        difference[np.isnan(difference)] = 0.0
        relative = np.where(difference > 0, difference / np.abs(theirs), 0.0)
        beyond = relative > RELATIVE_TOLERANCE
        in_error = np.full_like(difference, np.nan)
        if error is not None and np.broadcast_shapes(np.shape(error), theirs.shape) == theirs.shape:
            in_error = np.where(np.asarray(error) > 0, difference / error, np.nan)
            beyond &= ~(in_error <= ERROR_TOLERANCE)
    has_error = not np.isnan(in_error).all()
    ranked = misplaced if misplaced.any() else np.where(beyond, difference, 0.0)
    return ExtensionAgreement(
        label,
        theirs.size,
        in_error=float(np.nanmax(in_error)) if has_error else np.nan,
        relative=float(relative[theirs != 0].max(initial=0.0)),
        beyond=int(beyond.sum()),
        misplaced_nan=int(misplaced.sum()),
        unjudged=int(counted.size - np.count_nonzero(counted)),
        worst=_worst(ranked, ours, theirs) if ranked.any() else "",
    )


def _worst(ranked, ours, theirs):
    place = np.unravel_index(np.argmax(ranked), ranked.shape)
    index = ", ".join(str(int(i)) for i in place)
    return f"(worst at [{index}]: ours {ours[place]}, theirs {theirs[place]})"
