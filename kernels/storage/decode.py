"""Decoding of pixels from the form in which a FITS file stores them.

Values in a FITS file are big-endian, and unsigned integers are stored as signed ones, less an offset of half their
range. Both are undone on the bits: the bytes are swapped, and for unsigned integers the highest bit is flipped.

Source: the FITS standard 4.0, sections 5.2 and 5.3, https://fits.gsfc.nasa.gov/fits_standard.html.
"""

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit


def decode(stored, highest_bit_flipped, out):
    """Decode integers.

    Parameters
    ----------
    stored : (nrows, nx) uint8, uint16 or uint32 array
        The bits as they stand in the file, read on a little-endian machine.
    highest_bit_flipped : bool
        Whether the values are unsigned, which are stored with an offset.
    out : (nrows, nx) array of any type
        The values. Those of floating point are decoded as the integers of the same size that share their bits.
    """
    check_fit(stored=(stored, "nrows nx"), out=(out, "nrows nx"))
    bits = 8 * stored.dtype.itemsize
    flip = 1 << (bits - 1) if highest_bit_flipped else 0
    KERNELS[bits](stored.shape, stored, stored.dtype.type(flip), out)


@pixel_kernel
def decode_8_bits(row, x, stored, flip, out):
    """Decode one value of a single byte."""
    out[row, x] = stored[row, x] ^ flip


@pixel_kernel
def decode_16_bits(row, x, stored, flip, out):
    """Decode one value of two bytes."""
    out[row, x] = swapped_pair(stored[row, x]) ^ flip


@pixel_kernel
def decode_32_bits(row, x, stored, flip, out):
    """Decode one value of four bytes."""
    bits = stored[row, x]
    high = np.uint32(swapped_pair(np.uint16(bits & np.uint32(0xFFFF))))
    low = np.uint32(swapped_pair(np.uint16(bits >> np.uint32(16))))
    out[row, x] = ((high << np.uint32(16)) | low) ^ flip


@pixel_function(inline=True)
def swapped_pair(bits):
    """Two bytes in the other order."""
    return np.uint16((bits << np.uint16(8)) | (bits >> np.uint16(8)))


KERNELS = {8: decode_8_bits, 16: decode_16_bits, 32: decode_32_bits}
