"""What was found and done, for who wants to look: a table of the fringes of each column, and images of the fits."""

import numpy as np

from gpucal.startup.lazy import datamodels
from gpucal.steps.parts.fringes.image import Corrected

COLUMNS = {
    "Slice": np.int32, "col": np.int32, "fringe": np.int32, "sn": np.float64, "periodogram_res": np.float64,
    "opt_fringes": np.float64, "peak_freq": np.float64, "freq_min": np.float64, "freq_max": np.float64,
}  # fmt: skip


def table_of(corrected: Corrected):
    """A row for each kind of fringes of each column: their number, and the periods from which they were found, cm-1.

    Returns
    -------
    astropy.table.Table
        With the columns of jwst's ``out_table``.
    """
    from astropy.table import Table

    rows = []
    for (number, x), correction in corrected.corrections.items():
        for kind, removed in correction.removed.items():
            periods = removed.found.periods
            search = removed.search
            rows.append((number, x, kind, correction.snr, search.resolution, len(periods), periods[0], periods.min(),
                         periods.max()))  # fmt: skip
    return Table(rows=rows or None, names=list(COLUMNS), dtype=list(COLUMNS.values()))


def images_of(corrected: Corrected) -> dict[str, np.ndarray]:
    """Images of what was fitted: (ny, nx) float64 arrays by the name of their extension, those of jwst.

    Factors, where fringes were fitted, weights in fits, the share of pixels that counted, the last baseline, in units
    of the median, and, in the first rows of a column, the rows of its knots.
    """
    shape = corrected.data.shape
    images = {name: np.zeros(shape) for name in (
        "RFC_FACTORS", "FIT_MASK", "WEIGHTS_FEATURES", "WEIGHTED_PIXEL_FRACTION", "BACKGROUND_FIT", "KNOT_LOCATIONS",
    )}  # fmt: skip
    images["WEIGHTS_FEATURES"] = corrected.weights.copy()
    images["KNOT_LOCATIONS"][:] = np.nan
    for (_, x), done in corrected.corrections.items():
        last = done.removed[max(done.removed)]
        for name, values in (
            ("RFC_FACTORS", done.factors), ("FIT_MASK", 1.0), ("WEIGHTS_FEATURES", done.weights),
            ("WEIGHTED_PIXEL_FRACTION", done.fitted_pixels / shape[0]), ("BACKGROUND_FIT", last.baseline),
        ):  # fmt: skip
            images[name][done.inside, x] = np.broadcast_to(values, shape[:1])[done.inside]
        images["KNOT_LOCATIONS"][: len(last.knots), x] = last.knots
    return images


def model_of(images: dict[str, np.ndarray], exposure):
    """A model that has images as extensions, and the header of an exposure."""
    model = datamodels.JwstDataModel()
    model.update(exposure.model)
    model.extra_fits = {name: {"data": image, "header": []} for name, image in images.items()}
    return model
