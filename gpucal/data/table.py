"""A product that is a table."""

from __future__ import annotations

from gpucal.data.exposure import Exposure


class TableProduct(Exposure):
    """A table that was made of an exposure: it has the metadata of that, and is saved as ECSV.

    Parameters
    ----------
    table : `astropy.table.Table`
        The table.
    about : Exposure
        What it was made of.
    """

    extension = ".ecsv"

    def __init__(self, table, about: Exposure):
        super().__init__(about.blank("JwstDataModel").model, about.source)
        self.membership = about.membership
        self.__dict__["table"] = table

    def to_model(self):
        """The table."""
        return self.table

    def snapshot(self):
        """The table."""
        return self.table

    def with_model(self, table) -> TableProduct:
        """The same product with another table, or None for the same one."""
        return TableProduct(self.table if table is None else table, self)
