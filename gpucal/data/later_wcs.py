"""Metadata of slits whose coordinates become objects of gwcs when somebody looks at them."""

from __future__ import annotations

import copy

from gpucal.startup.wcs_tree import WcsTree, object_of

KEY = "wcs"


def with_tree(meta: dict) -> dict:
    """Metadata with the tree of their coordinates as asdf writes it, wherever it stands now."""
    kept = meta.get(KEY)
    return {**meta, KEY: WcsTree(kept.tag, kept.content)} if isinstance(kept, WcsTree) else meta


class MetaWithLaterWcs(dict):
    """A dictionary whose entry ``wcs`` is a tree until it is used: gwcs takes long to make an object of it.

    Copies share the tree.
    """

    # asdf makes the trees that it writes of nodes of the same class, and writes none but plain dictionaries.
    __class__ = property(lambda self: dict)

    def __getitem__(self, key):
        value = super().__getitem__(key)
        if key == KEY and isinstance(value, WcsTree):
            value = object_of(WcsTree(value.tag, value.content))
            self[key] = value
        return value

    def get(self, key, default=None):
        """An entry, or a default."""
        return self[key] if key in self else default

    def items(self):
        """All entries."""
        self.get(KEY)
        return super().items()

    def values(self):
        """The values of all entries."""
        self.get(KEY)
        return super().values()

    def pop(self, key, *default):
        """Take an entry out."""
        self.get(key)
        return super().pop(key, *default)

    def as_it_is(self) -> dict:
        """A plain dictionary of the same entries, a tree where it is one."""
        return {key: super(MetaWithLaterWcs, self).__getitem__(key) for key in self}

    def copy(self) -> MetaWithLaterWcs:
        """The same entries."""
        return MetaWithLaterWcs(self.as_it_is())

    def __reduce_ex__(self, protocol):
        return dict, (dict(self.items()),)

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return MetaWithLaterWcs(
            (key, value if isinstance(value, WcsTree) else copy.deepcopy(value, memo))
            for key, value in self.as_it_is().items()
        )
