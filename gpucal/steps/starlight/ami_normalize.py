"""The ami_normalize step."""

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core.paired import PairedStep
from gpucal.data import Exposure
from gpucal.steps.parts.interferometry.observed import (
    check_same_holes,
    columns_of,
    error_of,
    tables_in,
    with_tables,
    within_half_turn,
)
from gpucal.steps.parts.interferometry.tables import table_of


class AmiNormalizeStep(PairedStep):
    """Take out of the fringes of a star what those of a reference star have, too: the instrument.

    Amplitudes are divided, and phases subtracted; of closure amplitudes it is the natural logarithm of the quotient.
    Errors are combined in quadrature. Input is the star and the reference star, as ``ami_analyze`` measures them.

    Notes
    -----
    jwst normalizes closure phases, VIS2DATA, VISAMP and Q4AMP alone, and exchanges the errors of VIS2DATA.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/ami_normalize/description.html.
    """

    class_alias = "ami_normalize"
    spec = """
        suffix = string(default='aminorm-oi')  # last part of the name of the product
    """
    input_types = ("AmiOIModel",)
    pair_words = ("star", "reference star")

    def process(self, members, references):
        """Normalize the fringes of a star.

        Raises
        ------
        InputError
            If the two are of different holes or filters.
        """
        star, reference = self.pair_of(members)
        check_same_holes([star, reference])
        known = tables_in(reference)
        made = with_tables(
            star, {name: quotient_of(name, table, known[name]) for name, table in tables_in(star).items()}
        )
        made.host["array"] = pistons_of_both(star, reference)
        made.meta.ami.calibrator_object_id = reference.meta.target.proposer_name
        return made


def quotient_of(
    name: str, star: dict[str, np.ndarray], reference: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The columns of a table, normalized."""
    made = dict(star)
    with np.errstate(divide="ignore", invalid="ignore"):
        for column, function in _NORMALIZED[name].items():
            if as_peer() and column not in _AS_PEER:
                continue
            error = error_of(column)
            values = star[column], reference[column]
            errors = star[error], reference[error]
            if as_peer() and column == "VIS2DATA":
                errors = errors[::-1]
            made[column], made[error] = function(values, errors)
    if not as_peer():
        made["FLAG"] = star["FLAG"] | reference["FLAG"]
    return made


def divided(values, errors):
    """A quotient and its error."""
    quotient = values[0] / values[1]
    return quotient, quotient * np.hypot(errors[0] / values[0], errors[1] / values[1])


def logarithm(values, errors):
    """The logarithm of a quotient, and its error."""
    return np.log(values[0] / values[1]), np.hypot(errors[0] / values[0], errors[1] / values[1])


def subtracted(values, errors):
    """The difference of phases, degrees, and its error."""
    return within_half_turn(values[0] - values[1]), np.hypot(*errors)


_NORMALIZED = {
    "t3": {"T3AMP": divided, "T3PHI": subtracted},
    "vis": {"VISAMP": divided, "VISPHI": subtracted},
    "vis2": {"VIS2DATA": divided},
    "q4": {"Q4AMP": logarithm, "Q4PHI": subtracted},
}
_AS_PEER = ("T3PHI", "VISAMP", "VIS2DATA", "Q4AMP")


def pistons_of_both(star: Exposure, reference: Exposure):
    """The table of holes, with the pistons of both stars."""
    mine, its = columns_of(star.model.array), columns_of(reference.model.array)
    made = {name: column for name, column in mine.items() if name not in ("PISTONS", "PIST_ERR")}
    made["PISTON_T"], made["PISTON_C"] = mine["PISTONS"], its["PISTONS"]
    made["PIST_ERR"] = np.hypot(mine["PIST_ERR"], its["PIST_ERR"])
    return table_of(made)
