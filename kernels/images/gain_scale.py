"""Scale of count rates that were read with a gain other than the standard one.

Source: the ``gain_scale`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/gain_scale/description.html.
"""


def rescale_rates(rates, variances, gain_factor):
    """Bring rates, their errors and their variances to the standard gain, in place.

    Parameters
    ----------
    rates : iterable of (..., ny, nx) float32 array
        What scales with the gain: count rates and their errors, DN/s.
    variances : iterable of (..., ny, nx) float32 array
        What scales with its square, (DN/s)^2.
    gain_factor : float
        Gain that was used over the standard gain.
    """
    for rate in rates:
        rate *= gain_factor
    for variance in variances:
        variance *= gain_factor**2
