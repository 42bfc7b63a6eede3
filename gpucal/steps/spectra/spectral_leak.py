"""The spectral_leak step."""

import logging

import numpy as np

from gpucal.core import SkipStep, Step
from gpucal.data.spectrum import Spectrum

log = logging.getLogger(__name__)

# Light of the first wavelength leaks, in second order, into the band that has the other one, micron.
SHORT_WAVELENGTH, LONG_WAVELENGTH = 6.0, 12.0

# By channel, band and wavelength: where the light comes from, and where it leaks to.
SOURCE, TARGET = ("1", "MEDIUM", SHORT_WAVELENGTH), ("3", "SHORT", LONG_WAVELENGTH)

FLUXES = ("FLUX", "RF_FLUX")


class SpectralLeakStep(Step):
    """Subtract the light of 6 micron that leaks into spectra of MIRI at 12 micron.

    Given are the spectra of one source: that of channel 1 MEDIUM tells how much leaks into that of channel 3 SHORT,
    where the reference has which part of it does. Spectra of several bands count, too, if they have these wavelengths.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/spectral_leak/description.html.
    """

    class_alias = "spectral_leak"
    suffix_in_pipeline = "x1d"
    spec = ""
    reference_file_types = ("mrsptcorr",)
    input_types = ("MRSMultiSpecModel", "MultiSpecModel")
    over_members = True

    def check_applies(self, members) -> None:
        """It is for MIRI's medium resolution spectra of point sources."""
        kind = str(members.meta.exposure.type).upper()
        if kind != "MIR_MRS":
            raise SkipStep(f"there is no such leak in exposures of type {kind}")

    def process(self, members, references):
        """Subtract the leak.

        Returns
        -------
        Members
            The same spectra; errors and surface brightness are not changed, as in jwst.

        Raises
        ------
        SkipStep
            If a source is extended, or one of the two bands is missing.
        """
        table = references["mrsptcorr"].table("leakcor_table")
        for exposure in members:
            if exposure.spectra[0]["source_type"] == "EXTENDED":
                raise SkipStep(f"{exposure.source} is of an extended source: how much leaks is known for points alone")
        source, target = (place_of(members, *band) for band in (SOURCE, TARGET))
        places = ((SOURCE, source), (TARGET, target))
        missing = [f"channel {channel} {band}" for (channel, band, _), place in places if place is None]
        if missing:
            raise SkipStep(f"there is no spectrum of {' nor of '.join(missing)} among those of {members.name}")
        log.info("The leak from %s is subtracted from %s", members[source].source, members[target].source)
        spectra = members[target].spectra
        spectra[0] = without_leak(members[source].spectra[0], spectra[0], table)
        for place in range(len(members)):
            members.set_status(place, "COMPLETE" if place == target else None)
        return members


def place_of(members, channel: str, band: str, wavelength: float) -> int | None:
    """The place of the last spectrum that has a band, alone or among others; None where none has."""
    found = None
    for place, exposure in enumerate(members):
        instrument = exposure.meta.instrument
        channels, bands = str(instrument.channel), str(instrument.band).upper()
        if channel not in channels:
            continue
        has_wavelength = False
        if "MULTIPLE" in bands:
            known = exposure.spectra[0].wavelength
            has_wavelength = np.nanmin(known) < wavelength < np.nanmax(known)
        if band in bands or has_wavelength:
            found = place
    return found


def without_leak(source: Spectrum, target: Spectrum, table: np.ndarray) -> Spectrum:
    """A spectrum without what leaks into it.

    Parameters
    ----------
    source, target : Spectrum
        Where the light comes from, and where it leaks to.
    table : structured array
        Of the reference: the leaking part, ``frac_leak``, by ``wavelength``.

    Returns
    -------
    Spectrum
        A new one.
    """
    wavelength, corrected = target.wavelength, target.table.copy()
    part = np.interp(wavelength, table["wavelength"], table["frac_leak"])
    for name in FLUXES:
        if name in target.table.dtype.names and name in source.table.dtype.names:
            leak = part * np.interp(wavelength, 2 * source.wavelength, source.table[name])
            corrected[name] = target.table[name] - leak
    return Spectrum(target.values, corrected, target.units, target.sky)
