"""The shadows of the bars between shutters, for slitlets of any number of shutters.

Source: the ``barshadow`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/barshadow/description.html.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.reference import Reference, ReferenceFileError

# Rows of the images of a reference: from one pitch of shutters below the middle of a shutter to one above it.
ROWS = 1001
MIDDLE = ROWS // 2

MAIN, CLOSED = "x", "0"


class ShutterImages:
    """The images of a reference, from which those of slitlets are put together.

    Parameters
    ----------
    reference : Reference
        A barshadow reference: images of a single open shutter, and of one between two others.

    Raises
    ------
    ReferenceFileError
        If its images have other sizes than these have.
    """

    def __init__(self, reference: Reference):
        model = reference.model
        alone, between = (np.asarray(getattr(model, name), np.float64) for name in ("data1x1", "data1x3"))
        if alone.shape[0] != ROWS or between.shape != alone.shape:
            told = f"its images of shadows have shapes {alone.shape} and {between.shape}"
            raise ReferenceFileError(f"{reference.label}: {told}; both have to have {ROWS} rows")
        self.start, self.step = float(model.crval1), float(model.cdelt1)
        self.pitch = 1.0 / float(model.cdelt2)
        self._first, self._last = alone[: MIDDLE + 1], alone[MIDDLE + 1 :]
        # From the middle of one shutter to that of the next: whether each of them is closed.
        self._pieces = {
            (False, False): between[: MIDDLE + 1],
            (False, True): alone[MIDDLE:],
            (True, False): alone[: MIDDLE + 1],
            (True, True): np.full((MIDDLE + 1, alone.shape[1]), np.nanmin(alone)),
        }

    def slitlet(self, shutter_state: str) -> np.ndarray:
        """The image of a slitlet, from one pitch below the middle of its first shutter to one above that of its last.

        Pieces share the row where they meet, which is the mean of both.

        Parameters
        ----------
        shutter_state : str
            A letter for each shutter: ``0`` for a closed one. The first counts as open.

        Returns
        -------
        (nrows, ncolumns) float64 array
            Throughput.
        """
        closed = [False, *(letter == CLOSED for letter in shutter_state[1:])]
        pieces = [self._pieces[pair] for pair in zip(closed, closed[1:], strict=False)]
        image = self._first.copy()
        for piece in (*pieces, self._last):
            image[-1] = 0.5 * (image[-1] + piece[0])
            image = np.vstack([image, piece[1:]])
        return image

    def middle_row(self, shutter_state: str) -> float:
        """The row of a slitlet's image at the middle of its main shutter."""
        nrows = (len(shutter_state) + 1) * MIDDLE
        return nrows - self.pitch * (len(shutter_state) - shutter_state.find(MAIN))


def stacked_images(images: ShutterImages, states: Sequence[str | None]) -> tuple[np.ndarray, list[int], list[int]]:
    """The images of slitlets, one above the other, each once.

    Parameters
    ----------
    images : ShutterImages
        Of the reference.
    states : sequence of str or None
        The states of the shutters of each slitlet; None for one that needs no image.

    Returns
    -------
    images : (nrows, ncolumns) float64 array
        All of them.
    first, count : list of int
        For each slitlet, the first row of its image and how many it has.
    """
    made, begins, stack = {}, {}, 0
    for state in dict.fromkeys(state for state in states if state is not None):
        made[state], begins[state] = images.slitlet(state), stack
        stack += len(made[state])
    first = [begins.get(state, 0) for state in states]
    count = [len(made[state]) if state in made else 0 for state in states]
    return np.vstack(list(made.values())), first, count
