"""The specwcs reference of a grism: polynomials of its traces."""

from gpucal.simulate.spectra.slitless.grisms import Grism
from gpucal.startup.lazy import datamodels


def specwcs(grism: Grism):
    """The reference as the grism's numbers tell it; NIRISSGrismModel or NIRCAMGrismModel.

    Those of NIRCam are of the older kind, with inverse polynomials.
    """
    model = _niriss(grism) if grism.instrument == "NIRISS" else _nircam(grism)
    model.meta.input_units = model.meta.output_units = "micron"
    return model


def _wavelengths(grism):
    """Of the parameter and back, for each order."""
    first, last = grism.wavelengths
    return {
        "displ": [_line(first, last - first) for _ in grism.traces],
        "invdispl": [_line(-first / (last - first), 1 / (last - first)) for _ in grism.traces],
        "orders": list(grism.traces),
    }


def _niriss(grism):
    traces = grism.traces.values()
    along = [[_plane(one) for one in trace.along] for trace in traces]
    across = [[_plane(trace.across[0]), _plane(trace.across[1], trace.field)] for trace in traces]
    x, y = (across, along) if grism.axis == 0 else (along, across)
    return datamodels.NIRISSGrismModel(dispx=x, dispy=y, fwcpos_ref=grism.reference_angle, **_wavelengths(grism))


def _nircam(grism):
    traces = grism.traces.values()
    along, across = [_line(*trace.along) for trace in traces], [_line(*trace.across) for trace in traces]
    inverse = [_line(-trace.along[0] / trace.along[1], 1 / trace.along[1]) for trace in traces]
    nowhere = [_line(0.0, 0.0) for _ in traces]
    x, y, back_x, back_y = (across, along, nowhere, inverse) if grism.axis == 0 else (along, across, inverse, nowhere)
    model = datamodels.NIRCAMGrismModel(dispx=x, dispy=y, invdispx=back_x, invdispy=back_y, **_wavelengths(grism))
    model.meta.instrument.pupil = grism.name
    return model


def _line(constant, slope):
    from astropy.modeling.models import Polynomial1D

    return Polynomial1D(1, c0=constant, c1=slope)


def _plane(constant, slope=0.0):
    from astropy.modeling.models import Polynomial2D

    return Polynomial2D(1, c0_0=constant, c1_0=slope, c0_1=0.0)
