"""Associations: which exposures make which product, and in which role.

Examples
--------
>>> from gpucal import associations
>>> made = associations.from_list(["a_cal.fits", "b_cal.fits"], product_name="field")
>>> [product.name for product in made.products]
['field']
>>> [path.name for path in made.products[0].science]
['a_cal.fits', 'b_cal.fits']
"""

from gpucal.associations.association import Association, AssociationError, Member, Product
from gpucal.associations.making import from_list
from gpucal.associations.reading import read_association
from gpucal.associations.writing import write_association

__all__ = [
    "Association",
    "AssociationError",
    "Member",
    "Product",
    "from_list",
    "read_association",
    "write_association",
]
