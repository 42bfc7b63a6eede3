"""The mean of what several exposures measured, weighted by their errors.

Phases are averaged as unit vectors. Rows that are flagged in an exposure do not count. The error is that of a weighted
mean or, if it is larger, what the scatter between the exposures tells. Where an error is not known, all exposures have
the same weight.
"""

import numpy as np

from gpucal.steps.parts.interferometry.observed import AMPLITUDES, PHASES, error_of


def mean_of_tables(name: str, tables: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One table of several with the same rows.

    Parameters
    ----------
    name : str
        Such as ``t3``.
    tables : list of dict of str to array
        Columns by name.
    """
    made = dict(tables[0])
    flagged = np.array([table["FLAG"] for table in tables])
    for column in (*AMPLITUDES[name], *PHASES[name]):
        error = error_of(column)
        values, errors = (np.array([table[one] for table in tables]) for one in (column, error))
        weights = weights_of(values, errors, flagged)
        mean = mean_direction if column in PHASES[name] else weighted_mean
        made[column], made[error] = mean(values, errors, weights)
    for column in made:
        if column == "MJD" or column.endswith("COORD"):
            made[column] = np.mean([table[column] for table in tables], axis=0)
    made["INT_TIME"] = np.sum([table["INT_TIME"] for table in tables], axis=0)
    made["FLAG"] = flagged.all(0)
    return made


def weights_of(values, errors, flagged) -> np.ndarray:
    """The weights of exposures (first axis), whose sum is 1 where any counts."""
    counts = np.isfinite(values) & ~flagged.reshape(*flagged.shape, *[1] * (values.ndim - 2))
    known = (np.isfinite(errors) & (errors > 0)) | ~counts
    weights = np.where(known.all(0), 1.0 / np.where(counts & known, errors, 1.0) ** 2, 1.0) * counts
    total = weights.sum(0)
    return weights / np.where(total > 0, total, 1.0)


def weighted_mean(values, errors, weights):
    """The mean of numbers, and its error."""
    mean = np.where(weights > 0, weights * values, 0.0).sum(0)
    return where_any(weights, mean), where_any(weights, error_of_mean(values - mean, errors, weights))


def mean_direction(degrees, errors, weights):
    """The mean of directions, degrees, and its error."""
    vectors = np.where(weights > 0, weights * np.exp(1j * np.deg2rad(degrees)), 0.0).sum(0)
    mean = np.rad2deg(np.angle(vectors))
    deviations = (degrees - mean + 180.0) % 360.0 - 180.0
    return where_any(weights, mean), where_any(weights, error_of_mean(deviations, errors, weights))


def error_of_mean(deviations, errors, weights):
    """The error of a weighted mean: as errors tell, or as the scatter does, if that is larger."""
    used = weights > 0
    told = np.sqrt(np.where(used & np.isfinite(errors), (weights * errors) ** 2, 0.0).sum(0))
    count = used.sum(0)
    spread = np.where(used, weights * deviations**2, 0.0).sum(0)
    return np.maximum(told, np.sqrt(np.where(count > 1, spread / np.maximum(count - 1, 1), 0.0)))


def where_any(weights, values):
    """Values where any exposure counts, else NaN."""
    return np.where(weights.sum(0) > 0, values, np.nan)
