"""The emicorr step."""

import datetime
import logging
import math

from gpucal.core import SkipStep, Step
from gpucal.core.config.parameters import ParameterError
from gpucal.data import InputError, write_model
from gpucal.data.reading import expand
from gpucal.kernels.emicorr.clock import OUTPUTS, REFERENCE_DELAY, ReadoutClock, ticks_in_period
from gpucal.kernels.emicorr.joint import remove_wave_with_ramps
from gpucal.kernels.emicorr.sequential import number_of_bins, remove_wave_after_ramps
from gpucal.readouts.groups import check_groups
from gpucal.reference import Reference
from gpucal.startup.lazy import datamodels
from gpucal.steps.parts.ramps.emicorr_cases import case_of_frequencies, case_of_reference

log = logging.getLogger(__name__)

READ_PATTERNS = ("FAST", "FASTR1", "SLOW", "SLOWR1")
RESETTING_PATTERNS = ("FASTR1", "SLOWR1")
MINIMUM_GROUPS = 3
GROUPS_FOR_SEQUENTIAL = 10
MINIMUM_COLUMNS = 4 * OUTPUTS
LAST_QUAD = 258
"""Number of the last quad of a full row."""


class EmiCorrStep(Step):
    """Subtract the periodic noise that electromagnetic interference puts into raw ramps of MIRI.

    The noise is a sum of waves; what a pixel sees of a wave depends on when it is read. The reference lists the waves
    for the subarray, the read pattern and the detector. They are fitted and subtracted one after the other: together
    with straight ramps (``joint``), or by what is left after straight ramps are subtracted (``sequential``). In the
    sequential algorithm a wave has the shape of the reference or, where the user gives frequencies, the shape that
    was measured.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
    """

    class_alias = "emicorr"
    spec = """
        algorithm = option('sequential', 'joint', default='joint')  # fit noise after the ramps, or with them
        nints_to_phase = integer(default=None)  # integrations that the wave is measured on; sequential
        nbins = integer(default=None)  # parts of the period that the wave is measured in; sequential
        scale_reference = boolean(default=True)  # give the reference the amplitude that is measured; sequential
        onthefly_corr_freq = float_list(default=None)  # frequencies to correct without a reference, Hz
        use_n_cycles = integer(default=3)  # periods that the wave is measured on, None for all; sequential
        fit_ints_separately = boolean(default=False)  # fit the wave to each integration by itself; joint
        user_supplied_reffile = string(default=None)  # deprecated, use override_emicorr
        save_intermediate_results = boolean(default=False)  # save waves of given frequencies as a reference
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("emicorr",)
    input_types = ("RampModel",)

    def check_applies(self, exposure):
        """Only for MIRI in a read pattern whose timing is known."""
        check_readout(exposure)

    def uses(self, exposure):
        """None where the user gives frequencies, or a file in another way."""
        is_given = self.onthefly_corr_freq is not None or self.user_supplied_reffile is not None
        return () if is_given else self.reference_file_types

    def process(self, exposure, references):
        reference = self._reference(references)
        case = self._case(exposure, reference)
        log.info("Frequencies to correct: %s Hz", ", ".join(f"{wave.frequency:g}" for wave in case.waves))

        clock = clock_of(exposure, case.clocks)
        if self.algorithm == "joint" and reference is not None:
            self._fit_with_ramps(exposure, case, clock)
        else:
            measured = self._measure_after_ramps(exposure, case, clock)
            if self.save_intermediate_results and self.onthefly_corr_freq is not None:
                self._save_waves(exposure, case, measured)
        return exposure

    def _reference(self, references):
        """The reference to use; None when frequencies are given."""
        if self.onthefly_corr_freq is not None:
            return None
        if self.user_supplied_reffile is None:
            return references["emicorr"]
        log.warning("user_supplied_reffile is deprecated, use override_emicorr")
        path = self.user_supplied_reffile.strip()
        if path == "N/A":
            raise SkipStep("no emicorr reference")
        return Reference("emicorr", expand(path))

    def _case(self, exposure, reference):
        """Clocks and waves of the exposure."""
        check_groups(exposure, MINIMUM_GROUPS)
        subarray, readpatt = str(exposure.meta.subarray.name), exposure.meta.exposure.readpatt
        if reference is None:
            case = case_of_frequencies(self.onthefly_corr_freq, subarray, readpatt)
        else:
            case = case_of_reference(reference, subarray, readpatt, exposure.meta.instrument.detector)
        if case is None:
            raise SkipStep(f"no interference is known of subarray {subarray}, {readpatt}")
        check_columns(exposure)
        return case

    def _fit_with_ramps(self, exposure, case, clock):
        """Remove known waves, fitted together with the ramps."""
        for wave in case.waves:
            fits = remove_wave_with_ramps(
                exposure.data,
                exposure.pixeldq,
                wave.shape,
                clock,
                ticks_in_period(wave.frequency),
                each_integration=self.fit_ints_separately,
            )
            log.info("%s: amplitude %.3f, phase %.3f", wave.name, fits[0].amplitude, fits[0].phase % 1)

    def _measure_after_ramps(self, exposure, case, clock):
        """Remove waves that are measured on the residuals of straight ramps; return the measured shapes."""
        nints, ngroups = exposure.data.shape[:2]
        if ngroups < GROUPS_FOR_SEQUENTIAL:
            log.warning("The sequential algorithm is not reliable with %d groups", ngroups)
        clock = clock._replace(last_column=last_column_delay(exposure))
        nints_to_phase = self._integrations_to_phase(nints, ngroups, case)
        measured = []
        for wave in case.waves:
            period = ticks_in_period(wave.frequency)
            nbins = number_of_bins(period, self.nbins)
            if nbins < 1:
                raise ParameterError(f"{self.name}: {wave.frequency:g} Hz in {nbins} bins cannot be measured")
            measured.append(
                remove_wave_after_ramps(
                    exposure.data, clock, period, nbins, nints_to_phase, wave.shape, self.scale_reference
                )
            )
        return measured

    def _integrations_to_phase(self, nints, ngroups, case):
        """On how many integrations waves are measured: as asked for, or for enough periods of the first wave."""
        if self.nints_to_phase is not None:
            return self.nints_to_phase
        if self.use_n_cycles is None:
            return nints
        ticks = self.use_n_cycles * ticks_in_period(case.waves[0].frequency)
        return math.ceil(ticks / (case.clocks.frame * ngroups))

    def _save_waves(self, exposure, case, measured):
        """Save what was measured in the form of a reference."""
        meta = exposure.meta
        names, readpatt = [wave.name for wave in case.waves], meta.exposure.readpatt
        listed = names if "FAST" in readpatt else {meta.instrument.detector: names}
        model = datamodels.EmiModel()
        model.frequencies = {
            wave.name: {"frequency": wave.frequency, "phase_amplitudes": shape}
            for wave, shape in zip(case.waves, measured, strict=True)
        }
        model.subarray_cases = {
            meta.subarray.name: {
                "rowclocks": case.clocks.row,
                "frameclocks": case.clocks.frame,
                "freqs": {readpatt: listed},
            }
        }
        now = datetime.datetime.now(datetime.UTC)
        model.meta.author = "gpucal"
        model.meta.description = f"Interference measured on {exposure.source}"
        model.meta.pedigree = "GROUND"
        model.meta.reftype = "emicorr"
        model.meta.useafter = f"{now:%Y-%m-%dT%H:%M:%S}"
        write_model(model, self.output_path(exposure, suffix="emi_ref_waves", ext=".asdf"))


def check_readout(exposure):
    """Raise `SkipStep` unless the exposure is one of MIRI in a read pattern whose timing is known."""
    instrument = exposure.meta.instrument.name
    if instrument != "MIRI":
        raise SkipStep(f"interference is not corrected for {instrument}")
    readpatt = exposure.meta.exposure.readpatt
    if str(readpatt).upper() not in READ_PATTERNS:
        raise SkipStep(f"interference is not corrected for read pattern {readpatt}")


def check_columns(exposure):
    """Raise `InputError` unless four outputs can have read the columns of the exposure."""
    columns = exposure.data.shape[3]
    if columns % OUTPUTS or columns < MINIMUM_COLUMNS:
        raise InputError(
            f"{exposure.source}: {columns} columns are not what the {OUTPUTS} outputs of MIRI read"
        )


def clock_of(exposure, clocks):
    """The pace of the readout, for the joint algorithm.

    Raises
    ------
    InputError
        If NSAMPLES is missing.
    """
    nsamples = exposure.meta.exposure.nsamples
    if nsamples is None:
        raise InputError(f"{exposure.source}: keyword NSAMPLES is missing")
    resets = exposure.meta.exposure.readpatt.upper() in RESETTING_PATTERNS
    return ReadoutClock(nsamples, clocks.row, clocks.frame if resets else 0)


def last_column_delay(exposure):
    """Ticks by which the last four pixels of a row are read late, if they are reference pixels; else 0.

    Raises
    ------
    InputError
        If SUBSIZE1 or SUBSTRT1 is missing.
    """
    subarray = exposure.meta.subarray
    if subarray.xsize is None or subarray.xstart is None:
        raise InputError(f"{exposure.source}: keyword SUBSIZE1 or SUBSTRT1 is missing")
    return REFERENCE_DELAY if int(subarray.xsize / OUTPUTS + subarray.xstart - 1) == LAST_QUAD else 0
