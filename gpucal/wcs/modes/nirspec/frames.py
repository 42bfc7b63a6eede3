"""The frames of the WCS of NIRSpec, as gwcs nodes."""

from gpucal.wcs import frames

# Names of two coordinates, and their unit, in the frames before the sky.
_SLIT, _SLITS = (("x_slit", "y_slit"), ""), (("x_msa", "y_msa"), "m")
_SLICER = ("x_slicer", "y_slicer"), ""
_FOCUS, _FOCUS_OF_IMAGE = (("X_OTEIP", "Y_OTEIP"), "deg"), (("x_oteip", "y_oteip"), "deg")
_TELESCOPE = ("v2", "v3"), "arcsec"
_WHEEL = ("alpha_in", "beta_in"), "rad"


def frames_of_spectra(ends_at_slits: bool) -> tuple:
    """From the detector to the sky and the wavelength, or to the plane of the slits alone."""
    wavelength = frames.spectral("spectral", "wavelength")
    places = {"slit_frame": ("slit_spatial", *_SLIT), "msa_frame": ("msa_spatial", *_SLITS)}
    if not ends_at_slits:
        places |= {
            "oteip": ("oteip", *_FOCUS),
            "v2v3": ("v2v3_spatial", *_TELESCOPE),
            "v2v3vacorr": ("v2v3vacorr_spatial", *_TELESCOPE),
        }
    made = [frames.composite(name, frames.plane(*place), wavelength) for name, place in places.items()]
    world = () if ends_at_slits else (frames.composite("world", frames.sky("sky"), wavelength),)
    return (*_before_slits(), *made, *world)


def frames_of_slices(ends_at_slits: bool, is_corrected: bool) -> tuple:
    """Those of spectra through slits, with the plane of the slicer.

    Parameters
    ----------
    ends_at_slits : bool
        Without the sky.
    is_corrected : bool
        With a frame behind the correction of the colours of the fore optics.
    """
    *before, at_slits = frames_of_spectra(ends_at_slits=True)
    wavelength = frames.spectral("spectral", "wavelength")
    slicer = frames.composite("slicer", frames.plane("slicer_spatial", *_SLICER), wavelength)
    if ends_at_slits:
        return (*before, slicer, at_slits)
    focus, *beyond = frames_of_spectra(ends_at_slits=False)[len(before) + 1 :]
    corrected = frames.composite("oteip_chromcorr", frames.plane("oteip", *_FOCUS), wavelength)
    return (*before, slicer, at_slits, focus, *((corrected,) if is_corrected else ()), *beyond)


def frames_of_images(ends_at_slits: bool) -> tuple:
    """From the detector to the sky, or to the plane of the slits."""
    at_slits = frames.plane("msa", *_SLITS)
    if ends_at_slits:
        return (*_before_slits(), at_slits)
    beyond = (
        frames.plane("oteip", *_FOCUS_OF_IMAGE), frames.plane("v2v3", *_TELESCOPE),
        frames.plane("v2v3vacorr", *_TELESCOPE), frames.sky("world"),
    )  # fmt: skip
    return (*_before_slits(), at_slits, *beyond)


def _before_slits() -> tuple:
    pixels = ("x", "y"), "pixel"
    return frames.plane("detector", *pixels), frames.plane("sca", *pixels), frames.plane("gwa", *_WHEEL)
