"""Read a FITS file without its pixels: headers and tables now, images when they are used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gpucal.data.files.compression import open_plain
from gpucal.data.files.file_pixels import FilePixels
from gpucal.data.files.quiet import quietly
from gpucal.startup.lazy import fits

# The extension with the tree of metadata; in files of earlier years it is an image of bytes.
TREE = "ASDF"


class Skeleton(NamedTuple):
    """A FITS file without the pixels of some of its images.

    Attributes
    ----------
    hdulist : `astropy.io.fits.HDUList`
        The file, with empty images in the place of those whose pixels were left.
    pixels : dict of str to FilePixels
        What was left in the file, by the name of the extension.
    """

    hdulist: fits.HDUList
    pixels: dict[str, FilePixels]


def read_skeleton(path: Path) -> Skeleton:
    """Read a FITS file but for the pixels of its images.

    Parameters
    ----------
    path : Path
        The file. Pixels are read at once where they are no plain numbers (scaled or compressed ones, say), and where
        an extension before has the same name.

    Returns
    -------
    Skeleton
        Independent of the file but for the pixels.

    Raises
    ------
    OSError, ValueError
        If it is no FITS file, or ends before its last extension does.
    """
    file = open_plain(path)  # stays open as long as pixels are in it
    with quietly():
        with fits.open(open(os.dup(file.fileno()), "rb"), memmap=False, lazy_load_hdus=False) as opened:
            _check_whole(file, max(hdu._data_offset + hdu._data_size for hdu in opened))
            hdulist, pixels = fits.HDUList(), {}
            for hdu in opened:
                left = _left_in_file(hdu, file)
                if left is not None:
                    pixels[hdu.name] = left
                    hdulist.append(_emptied(hdu))
                else:
                    hdu.data  # noqa: B018  (read now, while the file is open)
                    hdulist.append(hdu)
    return Skeleton(hdulist, pixels)


def _check_whole(file: BinaryIO, end: int) -> None:
    """Raise if a file does not end where its last readable extension does.

    Astropy only warns of that. To turn warnings into errors would do so in all threads, some of which write files.
    """
    size = os.fstat(file.fileno()).st_size
    if size < end:
        raise OSError(f"truncated ({size} bytes of at least {end}); fetch the file again")
    if os.pread(file.fileno(), size - end, end).strip(b"\0"):  # zeros are mere padding
        raise OSError(f"not readable from byte {end} on (of {size} bytes); fetch the file again")


def _left_in_file(hdu, file) -> FilePixels | None:
    wanted = type(hdu) is fits.ImageHDU and hdu.ver == 1 and hdu.name not in ("", TREE)
    return FilePixels.of(hdu, file) if wanted else None


def _emptied(hdu: fits.ImageHDU) -> fits.ImageHDU:
    header = hdu.header.copy()
    for keyword in ("BZERO", "BSCALE"):
        header.remove(keyword, ignore_missing=True)
    return fits.ImageHDU(None, header)
