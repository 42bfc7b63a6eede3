"""No function that launches kernels takes an array that does not fit: no crash, and no result."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backend.misfit_check import launching_functions

ROOT = Path(__file__).parents[2]

ALL = (0, 1, 2, 3)

# One shorter along these axes, an array makes another call that is as good, since nothing else has the same length.
AS_GOOD = {
    # As much is done as there is.
    "cubes.drizzle.add_drops": {"points": (0,)},
    "cubes.finish.planes_of": {"sums": (0, 1, 2)},
    "emicorr.frames.scene_of": {"ramp": ALL},
    "emicorr.joint.remove_wave_with_ramps": {"ramp": (0, 1), "wave": (0,)},
    "emicorr.phasing.integration_keys": {"ramp": ALL},
    "emicorr.sequential.remove_wave_after_ramps": {"ramp": ALL, "reference": (0,)},
    "emicorr.steady.steady_pixels": {"ramp": (0, 1)},
    "flags.group_flags.count_flagged": {"groupdq": ALL},
    "flags.group_flags.drop_flag_where": {"groupdq": ALL},
    "flags.group_flags.fully_flagged_groups": {"groupdq": ALL},
    "images.clipped_mean.clipped_mean": {"stack": ALL},
    "outliers.medians.median_image": {"stack": ALL},
    "outliers.medians.rolling_medians": {"cube": ALL},
    "ramp_fit.likelihood_mean.mean_over_integrations": {"rateints": (0,)},
    "ramps.dark_current.dark_groups": {"dark": ALL},
    "ramps.linearity.linearize_zeroframe": {"zeroframe": (0,), "coefficients": (0,)},
    "ramps.saturation.flags_of_pixels": {"groupdq": ALL},
    "ramps.saturation_growth.planes_with": {"planes": ALL},
    "refpix.irs2_series.mean_frame": {"ramp": ALL},
    "regions.ellipse_flags.edit_flags": {"groupdq": (1, 2, 3), "ellipses.minor": (0,), "ellipses.major": (0,)},
    "spectra.cut_out.cut_out": {"boxes": (0,)},
    "statistics.window_medians.window_medians": {"image": ALL},
    "storage.flag_definitions.standardize_flags": {"dq": ALL, "meanings": (0,)},
    # A sum has fewer terms: of a polynomial, a ring, a local mean, a group of reads.
    "jump.shower_signal.find_bright": {"offsets": (0,)},
    "ramp_fit.likelihood.fit_ramps_by_likelihood": {f"read_times.{group}": (0,) for group in range(6)},
    "ramps.linearity.flag_uncorrectable": {"coefficients": (0,)},
    "ramps.linearity.linearize": {"coefficients": (0,)},
    "ramps.linearity_reads.linearize_averaged_groups": {"coefficients": (0,), "inverse_coefficients": (0,)},
    "refpix.irs2.subtract_irs2": {"ramp": (0, 1), "plan.filling.weights": (0,)},
    # The last integration or group of a reference serves all that follow, and its rows may be some of the ramp's.
    "ramps.dark_current.subtract_dark": {"ramp": (0, 1), "dark": (0, 1, 2)},
    "ramps.reset.subtract_reset_anomaly": {"ramp": (0, 1, 2), "anomaly": (0, 1, 2)},
    # What is beyond the rows, columns, groups, planes or pixels that other arguments name does not count.
    "ramps.ipc.correct_ipc": {"ramp": (0, 1, 3)},
    "ramps.rscd.flag_decaying_groups": {"groupdq": (0, 1)},
    "ramps.saturation_growth.spread_flag": {"planes": (0,)},
    "refpix.edges.subtract_reference_pixels": {"frames": (0, 1)},
    "refpix.edges.subtract_reference_pixels_zeroframe": {"zeroframe": (0,), "sections.starts": (0,)},
    "refpix.irs2_fourier.weighted_series": {"plan.wanted": (0,)},
    "refpix.means.column_signal": {"frames": (0, 1), "sections.columns": (1,)},
    "refpix.rows.subtract_edge_pixels": {"ramp": (0, 1)},
    # A smaller image, or fewer places in it; fewer output pixels; a table whose last element is for all beyond.
    "resample.blot.blot": {"image": ALL, "pixel_map": (1, 2)},
    "resample.combine.add_variances": {"sums.totals": (0, 1)},
    "resample.drizzle.add_part": {"sums.totals": (0, 1), "drop.table": (0,)},
    "resample.sums.add_context": {"context": ALL, "sums.totals": ALL},
    "resample.sums.add_sums": {"sums.totals": ALL, "part.totals": ALL},
    "resample.sums.means": {"sums.totals": (0, 1)},
    "sources.background_maps.interpolate": {"mask": (0, 1)},
    "spectra.bar_shadow.shadow_of_bars": {"shadows.images": (1,)},
    "sources.local_peaks.convolve": {"image": (0, 1)},
    # Regions reach beyond an image, and have any number of runs in a row.
    "sky.region_sums.region_histogram": {"values": (1,), "spans": (1,)},
    "sky.region_sums.region_moments": {"values": (1,), "spans": (1,)},
    # Fewer coefficients, wavelengths, profiles, or a smaller model; fields that are not read.
    "spectra.apertures.aperture_weights": {"aperture.limits": (2,)},
    "spectra.combine.common_wavelengths": {f"spectra.{number}": (0,) for number in range(40)},
    "spectra.fitting.fit_lines": {"terms.profiles": (0,)},
    "spectra.psf_profile.psf_profiles": {"model.image": ALL},
    "spectra.scene.scene_of_fits": {"solution.covariance": ALL},
    "spectra.scene.scene_of_sums": {
        "background.levels": (1,),
        "background.shares": ALL,
        **{f"found.{field}": ALL for field in ("var_poisson", "var_rnoise", "var_flat", "background")},
        **{f"found.bkg_var_{field}": ALL for field in ("poisson", "rnoise", "flat")},
    },
    # A program names its own constants, and its results have the size of the grid; inputs need not be read.
    "wcs.interpreter.evaluate_at_points": {"code": (0,), "constants": (0,), "points": (0,)},
    "wcs.interpreter.evaluate_on_grid": {"code": (0,), "constants": (0,), "out": (1, 2)},
    "wcs.labels.evaluate_by_label": {"code": (0,), "constants": (0,), "strips": (0,), "out": (1,)},
    # Fewer points of the grid that is searched.
    "interferometry.companions.chi_squared": {"separations": (0,), "angles": (0,), "contrasts": (0,)},
    # Fields that the function does not read.
    "cubes.field.mark_slices": {"grid.dz": (0,)},
    "ramp_fit.charge_loss.restore_read_variance": {
        f"{rates}.{field}": ALL for rates in ("rate", "rateints") for field in ("slope", "err", "dq", "var_poisson")
    },
    "refpix.irs2_refout.fill_reference_output": {
        "layout.rows": (0, 1),
        "layout.normal": (0,),
        "filling.weights": (0,),
    },
    "refpix.irs2_series.time_series": {"layout.normal": (0,)},
}


@pytest.fixture(scope="module")
def outcomes():
    """What came of each call, by function: argument, axis, words."""
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "0", "NUMBA_NUM_THREADS": "1", "GPUCAL_BACKEND": "cpu"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.backend.misfit_check"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {}
    for line in done.stdout.splitlines():
        name, *outcome = json.loads(line)
        found.setdefault(name, []).append(outcome)
    return found


@pytest.mark.parametrize("name", launching_functions())
def test_an_array_that_is_one_smaller_is_refused(outcomes, name):
    """A function without a test that hands it arrays fails here, too."""
    calls = {(argument, axis): words for argument, axis, words in outcomes.get(name, ()) if argument}
    assert calls, "no test calls it with its first parameters"
    assert [words for argument, _, words in outcomes[name] if not argument] == []  # the process lived on
    taken = {(argument, axis) for (argument, axis), words in calls.items() if not words.startswith("refused")}
    as_good = {(argument, axis) for argument, axes in AS_GOOD.get(name, {}).items() for axis in axes}
    assert taken - as_good == set()
