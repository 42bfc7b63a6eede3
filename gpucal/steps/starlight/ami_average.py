"""The ami_average step."""

import numpy as np

from gpucal.core import Step
from gpucal.data import InputError
from gpucal.steps.parts.interferometry.observed import check_same_holes, columns_of, tables_in, with_tables
from gpucal.steps.parts.interferometry.tables import table_of
from gpucal.steps.parts.interferometry.weighted import mean_direction, mean_of_tables, weights_of

# Metres: exposures whose baselines differ by more were taken at different rolls.
SAME_BASELINE = 0.1


class AmiAverageStep(Step):
    """Average the fringes of several exposures of one star, weighted by their errors.

    Input are several files as ``ami_analyze`` makes them (``ami-oi``), of the same holes, filter and roll; the product
    (``amiavg``) is one more of them. Amplitudes and closure amplitudes are weighted means, and phases the directions of
    weighted means of unit vectors; closure phases are averaged by themselves.

    Notes
    -----
    The step of this name was a part of jwst until version 2; it made a plain mean of files that jwst does not write any
    more. In ``calwebb_ami3`` it runs if it is not skipped: fringes of all exposures of a star are then averaged before
    they are normalized.
    """

    class_alias = "ami_average"
    spec = """
        skip = boolean(default=True)  # in calwebb_ami3: normalize each exposure by itself
        suffix = string(default='amiavg')  # last part of the name of the product
    """
    over_members = True
    input_types = ("AmiOIModel",)

    def process(self, members, references):
        """Average the exposures.

        Raises
        ------
        InputError
            If they are of different holes, filters or rolls.
        """
        exposures = list(members)
        check_same_holes(exposures)
        tables = [tables_in(exposure) for exposure in exposures]
        for exposure, table in zip(exposures[1:], tables[1:], strict=True):
            apart = max(
                np.abs(table["vis"][name] - tables[0]["vis"][name]).max() for name in ("UCOORD", "VCOORD")
            )
            if apart > SAME_BASELINE:
                raise InputError(
                    f"{exposure.source}: its baselines differ from those of {exposures[0].source} by {apart:.2f} m: "
                    "only exposures at one roll can be averaged"
                )
        made = with_tables(
            exposures[0],
            {name: mean_of_tables(name, [table[name] for table in tables]) for name in tables[0]},
        )
        made.host["array"] = mean_pistons([columns_of(exposure.model.array) for exposure in exposures])
        made.source, made.membership = members.name, members.membership
        return made


def mean_pistons(tables: list[dict[str, np.ndarray]]):
    """The table of holes with mean pistons."""
    made = dict(tables[0])
    if "PISTONS" in made:
        values, errors = (np.array([table[name] for table in tables]) for name in ("PISTONS", "PIST_ERR"))
        weights = weights_of(values, errors, np.zeros(values.shape[:2], bool))
        made["PISTONS"], made["PIST_ERR"] = mean_direction(values, errors, weights)
    return table_of(made)
