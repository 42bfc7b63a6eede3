"""A rectangular part of an image."""

from typing import NamedTuple


class Rectangle(NamedTuple):
    """A part of an image: first row and the one after the last, and the same of its columns."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def of(self, array):
        """This part of the last two axes of an array, as a view."""
        return array[..., slice(*self.rows), slice(*self.columns)]
