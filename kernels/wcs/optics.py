"""Light at gratings and prisms, of a strip of pixels: directions are those of unit vectors.

Sources: Sellmeier's equation, https://en.wikipedia.org/wiki/Sellmeier_equation; indices of refraction of air, and of
glass away from its reference temperature, as Zemax has them: "How OpticStudio calculates refractive index at arbitrary
temperatures and pressures".
"""

import math

from gpucal.backend import pixel_function

# Refraction of air at 15 degrees C and one atmosphere, 1e8 (n - 1), over the square of the wavelength in micron.
AIR, AIR_1, AIR_2 = 6432.8, (2949810.0, 146.0), (5540.0, 41.0)


@pixel_function
def length(width, w, r, s, t):
    """The length of the vector (r, s, t)."""
    for lane in range(width):
        x, y, z = r[lane], s[lane], t[lane]
        w[lane] = math.sqrt(x * x + y * y + z * z)


@pixel_function
def facing(width, w, v, u, r, s, t, c):
    """(w, v) = matrix . (r, s, t), and the coordinate u, not negative, that makes the length one.

    The constants are the rows of the matrix. NaN where w and v are too long for a direction.
    """
    for lane in range(width):
        x, y, z = r[lane], s[lane], t[lane]
        first = c[0] * x + c[1] * y + c[2] * z
        second = c[3] * x + c[4] * y + c[5] * z
        rest = 1.0 - first * first - second * second
        w[lane], v[lane] = first, second
        u[lane] = math.sqrt(rest) if rest >= 0 else math.nan


@pixel_function
def sellmeier(width, w, r, c):
    """The index of refraction at the wavelength r, micron, relative to the air around the glass.

    The constants are the three strengths and the three places, micron^2, of Sellmeier's equation; the density of the
    air around, and of that in which the equation holds, in units of that at 15 degrees C and one atmosphere; and what
    the temperature adds: a constant, the strength of a resonance, and its wavelength, micron.
    """
    for lane in range(width):
        air = refraction_of_air(r[lane])
        around, reference = 1.0 + air * c[6], 1.0 + air * c[7]
        wavelength = r[lane] * around / reference
        square = wavelength * wavelength
        squared = 1.0
        for place in range(3):
            squared += c[place] * square / (square - c[3 + place])
        index = math.sqrt(squared) if squared >= 0 else math.nan
        heated = 0.5 * (squared - 1.0) / index * (c[8] + c[9] / (square - c[10] * c[10]))
        w[lane] = (index * reference + heated) / around


@pixel_function(inline=True)
def refraction_of_air(wavelength):
    """The index of refraction of air at 15 degrees C and one atmosphere, less 1, at a wavelength in micron."""
    square = wavelength * wavelength
    first = AIR_1[0] * square / (AIR_1[1] * square - 1.0)
    second = AIR_2[0] * square / (AIR_2[1] * square - 1.0)
    return 1e-8 * (AIR + first + second)
