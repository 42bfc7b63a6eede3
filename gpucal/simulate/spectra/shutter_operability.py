"""Which shutters do not open or close: the MSA operability reference.

Layout: https://jwst-pipeline.readthedocs.io, "MSAOPER Reference File".
"""

from gpucal.simulate.spectra.reference_metadata import DESCRIPTION

STATES = ("state", "TA state", "Internal state")


def msaoper(failed_open=(), failed_closed=()) -> dict:
    """Shutters that stay as they are, as the JSON reference lists them.

    Parameters
    ----------
    failed_open, failed_closed : iterable of (int, int, int)
        Quadrant, x and y, all from 1.

    Returns
    -------
    dict
    """
    rows = [_row(shutter, "open") for shutter in failed_open] + [
        _row(shutter, "closed") for shutter in failed_closed
    ]
    return {
        "title": "MSA operability",
        "reftype": "MSAOPER",
        "pedigree": "DUMMY",
        "author": "gpucal simulation",
        "instrument": "NIRSPEC",
        "exp_type": "N/A",
        "telescope": "JWST",
        "useafter": "2022-01-01T00:00:00",
        "descrip": DESCRIPTION,
        "HISTORY": [],
        "msaoper": rows,
    }


def _row(shutter, state):
    quadrant, x, y = shutter
    return {"Q": quadrant, "x": x, "y": y, **dict.fromkeys(STATES, state), "Vignetted": "", "Reason": ""}
