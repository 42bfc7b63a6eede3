"""What a user changes of the plan of an observation with an integral field unit."""

from gpucal.errors import GpucalError


def changes_told(given: dict, dithers: tuple) -> dict:
    """The changes that all such plans know.

    Parameters
    ----------
    given : dict
        Values of options, by their names among the arguments.
    dithers : tuple
        All there are; the user takes the first of them.

    Raises
    ------
    GpucalError
        If the user asks for more dithers than there are.
    """
    changes = {name: given[name] for name in ("backgrounds", "roll") if name in given}
    if "detectors" in given:
        changes["detectors"] = tuple(one.upper() for one in given["detectors"])
    if "dithers" in given:
        if not 1 <= given["dithers"] <= len(dithers):
            raise GpucalError(f"--dithers of cubes are 1 to {len(dithers)}, not {given['dithers']}")
        changes["dithers"] = dithers[: given["dithers"]]
    return changes
