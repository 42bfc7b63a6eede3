"""The white_light step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError, Step
from gpucal.data import TableProduct
from gpucal.reference.trees import tree_of
from gpucal.steps.parts.light_curves.scatter import tell_scatter
from gpucal.steps.parts.light_curves.white_light import curves_of, table_columns

log = logging.getLogger(__name__)

# The exposures whose orders have limits in a reference.
WITH_LIMITS = ("NIS_SOSS",)

EVERYWHERE = (-np.inf, np.inf)


class WhiteLightStep(Step):
    """Add up the light of all wavelengths in each integration of a series of spectra.

    The product is a table with the times of integrations and a light curve for each spectral order and detector, saved
    as ECSV. Integrations whose time is not known, or is that of one before, are left out. The orders of SOSS have
    limits of their own, of the ``wavelengthrange`` reference; what the user gives holds for all orders in their place.
    How much the light scatters is told in the log.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/white_light/description.html.
    """

    class_alias = "white_light"
    spec = """
        min_wavelength = float(default=None)  # the least wavelength that counts, micron
        max_wavelength = float(default=None)  # the largest wavelength that counts, micron
        output_ext = string(default='.ecsv')  # the format of the table
        suffix = string(default='whtlt')  # the last part of the name of the table
    """
    reference_file_types = ("wavelengthrange",)
    optional_references = reference_file_types
    input_types = ("TSOMultiSpecModel",)
    formats = (".ecsv",)

    def uses(self, exposure):
        """The limits of orders, where orders have such."""
        return self.reference_file_types if exposure.meta.exposure.type in WITH_LIMITS else ()

    def process(self, exposure, references):
        """Make the table.

        Returns
        -------
        TableProduct or None
            None where there are no spectra.

        Raises
        ------
        GpucalError
            If the reference has no limits of an order, or several, or the limits are the wrong way round.
        """
        if (
            None not in (self.min_wavelength, self.max_wavelength)
            and self.min_wavelength > self.max_wavelength
        ):
            raise GpucalError(
                f"min_wavelength {self.min_wavelength} is above max_wavelength {self.max_wavelength}"
            )
        if not exposure.spectra:
            log.error("%s: there are no spectra, and so no light curve", exposure.source)
            return None
        reference = references["wavelengthrange"] if self.uses(exposure) else None
        curves = curves_of(exposure.spectra, self.limits_by_order(exposure, reference))
        for (detector, order), curve in curves.items():
            words = " ".join(str(one) for one in ("white light", detector, order and f"order {order}") if one)
            tell_scatter(words, curve.flux, curve.error)
        return TableProduct(self.table_of(curves, exposure), exposure)

    def limits_by_order(self, exposure, reference):
        """A function that gives the least and the largest wavelength of an order."""
        rows = None if reference is None else tree_of(reference)["wavelengthrange"]
        if rows is None and exposure.meta.exposure.type in WITH_LIMITS:
            log.warning("There is no wavelengthrange reference: all wavelengths of each order count")
        name, kept = exposure.meta.instrument.filter, {}

        def limits_of(order):
            least, most = EVERYWHERE if rows is None else reference_limits(rows, order, name, reference.label)
            given = self.min_wavelength, self.max_wavelength
            limits = tuple(
                own if own is not None else other for own, other in zip(given, (least, most), strict=True)
            )
            return kept.setdefault(
                "first" if as_peer() else order, limits
            )  # jwst keeps those of the first order

        return limits_of

    def table_of(self, curves, exposure):
        """The table of light curves, an astropy QTable."""
        from astropy import units
        from astropy.table import QTable

        meta = exposure.meta
        about = {
            "instrument": meta.instrument.name,
            "exp_type": meta.exposure.type,
            "subarray": meta.subarray.name,
            "filter": meta.instrument.filter,
            "pupil": meta.instrument.pupil,
            "target_name": meta.target.catalog_name,
        }
        table, unit = QTable(meta=about), exposure.spectra[0].units.get("FLUX")
        for name, column in table_columns(curves).items():
            is_flux = name.startswith("whitelight_flux")
            table[name] = column << units.Unit(unit) if is_flux and unit else column
        return table


def reference_limits(rows, order: int, name: str, label: str) -> tuple[float, float]:
    """The limits of an order and a filter, micron, in the rows of a reference.

    Raises
    ------
    GpucalError
        If there is no row, or more than one.
    """
    found = [row[-2:] for row in rows if int(row[0]) == int(order) and str(row[-3]) == name]
    if len(found) != 1:
        raise GpucalError(
            f"{label}: has {len(found) or 'no'} rows of wavelengths for order {order} and filter {name}; one is needed"
        )
    return float(found[0][0]), float(found[0][1])
