"""Small exposures of SOSS: three orders on a strip of few columns, and references that know them."""

import numpy as np
from stdatamodels.jwst import datamodels

NX, NY, NINTS = 400, 64, 4
COMMANDED = 245.76
CUTOFFS = {1: NX, 2: 340, 3: 230}
THROUGHPUTS = {1: (1.4, 0.9, 40.0), 2: (0.8, 0.5, 25.0), 3: (0.75, 0.3, 6.0)}
KERNEL_REACH = 3


def rows_of(order, columns):
    """The middle of a trace."""
    columns = np.asarray(columns, float)
    if order == 1:
        return 14 + 4e-5 * (columns - 220) ** 2
    return 18 + 9e-5 * columns**2 + 0.015 * columns if order == 2 else 30 + 2e-4 * columns**2 + 0.06 * columns


def wavelengths_of(order, columns):
    """Micron."""
    part = np.asarray(columns, float) / (NX - 1)
    first, fall, bend = {1: (2.8, -2.0, 0.06), 2: (1.4, -1.0, 0.06), 3: (0.95, -0.65, 0.05)}[order]
    return first + fall * part + bend * part**2


def throughput_of(order, wavelength):
    """DN/s of a unit of flux times micron squared."""
    middle, width, height = THROUGHPUTS[order]
    return height * np.exp(-0.5 * ((wavelength - middle) / width) ** 2)


def profile_of(order, padding=0):
    """The part of the light of a column on each pixel, float32, with some pixels more on all sides."""
    columns, rows = np.arange(-padding, NX + padding), np.arange(-padding, NY + padding)[:, None]
    away = np.abs(rows - rows_of(order, columns))
    profile = 1 / (1 + np.exp((away - 4) / 0.6)) + 2e-4 * np.exp(-away / 12)
    profile /= profile[padding : padding + NY].sum(axis=0)
    profile[:, columns >= CUTOFFS[order] + 5] = 0
    return profile.astype(np.float32)


def star(wavelength):
    """The flux of the star."""
    return 900 * np.exp(-wavelength / 1.5) * (1 - 0.15 * np.exp(-0.5 * ((wavelength - 1.15) / 0.03) ** 2))


def light_of(order):
    """The light of columns: of the star, within their borders."""
    fine = np.linspace(-0.5, NX - 0.5, NX * 20 + 1)
    middle = (fine[1:] + fine[:-1]) / 2
    wavelength = wavelengths_of(order, middle)
    light = star(wavelength) * throughput_of(order, wavelength) * wavelength * -np.diff(wavelengths_of(order, fine))
    return light.reshape(NX, 20).sum(axis=1)


def references(folder, padding=0):
    """The references of SOSS, in files, as overrides of the step."""
    folder.mkdir(exist_ok=True, parents=True)
    model = datamodels.PastasossModel()
    meta = model.meta
    meta.order2_separation_cutoff, meta.pwcpos_bounds, meta.pwcpos_cmd = [0.77, 0.95], [245.6, 245.9], COMMANDED
    meta.soss_xdim, meta.soss_ydim, meta.subarray_ymin = NX, NY + 10, NX - NY
    meta.wavemap_nwl, meta.wavemap_wlmin, meta.wavemap_wlmax = 2001, 0.5, 3.5
    traces, wavelengths, throughputs = [], [], []
    for order in (1, 2, 3):
        columns = np.arange(CUTOFFS[order], dtype=float)
        points = np.array([columns, rows_of(order, columns)]).T
        traces.append({
            "spectral_order": order, "cutoff": CUTOFFS[order], "pivot_x": 200.0, "pivot_y": 15.0, "trace": points,
        })  # fmt: skip
        part = columns / columns[-1]
        first, fall, bend = np.polynomial.polynomial.polyfit(part, wavelengths_of(order, columns), 2)
        wavelengths.append({
            "spectral_order": order, "polynomial_degree": 2, "coefficients": np.array([first, fall, 0.002, bend, 0, 0]),
            "scale_extents": np.array([[0, 0.0], [columns[-1], 0.1]]),
        })  # fmt: skip
        at = np.linspace(0.4, 3.6, 400)
        throughputs.append({"spectral_order": order, "wavelength": at, "throughput": throughput_of(order, at)})
    model.traces, model.wavecal_models, model.throughputs = traces, wavelengths, throughputs
    profiles = datamodels.SpecProfileModel()
    profiles.profile = [{"data": profile_of(order, padding), "order": order} for order in (1, 2, 3)]
    kernels, places = datamodels.SpecKernelModel(), np.linspace(-KERNEL_REACH, KERNEL_REACH, 61)
    at = np.linspace(0.5, 3.5, 40, dtype=np.float32)
    kernel = np.exp(-0.5 * (places / 0.7) ** 2)
    kernels.kernels = np.repeat(kernel[:, None] / kernel.sum(), 40, axis=1).astype(np.float32)
    kernels.wavelengths = np.tile(at, (61, 1))
    kernels.meta.halfwidth, kernels.meta.spectral_oversampling = KERNEL_REACH, 10
    made = {}
    for kind, held in (("pastasoss", model), ("specprofile", profiles), ("speckernel", kernels)):
        path = folder / f"{kind}.{'asdf' if kind == 'pastasoss' else 'fits'}"
        held.meta.reftype, held.meta.telescope, held.meta.description = kind, "JWST", "made for a test"
        held.meta.author, held.meta.pedigree, held.meta.useafter = "gpucal", "DUMMY", "2022-01-01T00:00:00"
        held.meta.instrument.name, held.meta.instrument.detector = "NIRISS", "NIS"
        held.meta.exposure.type, held.meta.instrument.filter = "NIS_SOSS", "CLEAR"
        held.save(path)
        made[f"override_{kind}"] = str(path)
    return made


def exposure(nints=NINTS, subarray="SUBSTRIP256", seed=1, noise=0.02, bad=0.01, position=COMMANDED):
    """Integrations of a series, of which the first has half of the light of the others in it; with bad pixels."""
    random = np.random.default_rng(seed)
    image = sum(profile_of(order) * np.where(np.arange(NX) < CUTOFFS[order], light_of(order), 0) for order in (1, 2, 3))
    shares = np.ones(nints)
    shares[0] = 0.5 if nints > 1 else 1.0
    err = np.full((nints, NY, NX), noise) * np.sqrt(1 + image)
    data = image * shares[:, None, None] + random.normal(size=err.shape) * err
    dq = np.zeros(data.shape, np.uint32)
    dq[:, random.random((NY, NX)) < bad] = 1
    dq[random.random(data.shape) < bad / 2] = 1
    dq[:, :, :2] = dq[:, :, -2:] = 1
    data[dq > 0] = err[dq > 0] = np.nan
    model = datamodels.CubeModel(data=data.astype(np.float32), err=err.astype(np.float32), dq=dq)
    model.meta.filename = "made_calints.fits"
    model.meta.telescope, model.meta.instrument.name, model.meta.instrument.detector = "JWST", "NIRISS", "NIS"
    model.meta.instrument.filter, model.meta.instrument.pupil = "CLEAR", "GR700XD"
    model.meta.instrument.pupil_position, model.meta.exposure.type = position, "NIS_SOSS"
    model.meta.exposure.nints, model.meta.exposure.ngroups = nints, 5
    model.meta.exposure.integration_start, model.meta.exposure.integration_end = 1, nints
    model.meta.subarray.name, model.meta.subarray.xsize, model.meta.subarray.ysize = subarray, NX, NY
    model.meta.subarray.xstart = model.meta.subarray.ystart = 1
    model.meta.visit.tsovisit, model.meta.target.source_type = True, "POINT"
    times = np.zeros(nints, model.get_dtype("int_times"))
    times["integration_number"] = np.arange(1, nints + 1)
    for place, name in enumerate(times.dtype.names[1:]):
        times[name] = 60000 + 0.01 * np.arange(nints) + 0.001 * place
    model.int_times = times
    return model
