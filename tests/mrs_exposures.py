"""Full frames of MIRI's medium resolution spectrometer, and references for them, made of plain numbers."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE, HOT, NON_SCIENCE, REFERENCE_PIXEL
from gpucal.readouts.mrs import CHANNELS, GAP_COLUMNS, SHAPE

DETECTORS = {"MIRIFUSHORT": "12", "MIRIFULONG": "34"}
NY, NX = SHAPE


def slices(detector):
    """Numbers of slices by pixel, channel and slice: bands of 20 columns with gaps of 8, none between the channels."""
    numbers = np.zeros(SHAPE, np.int32)
    left, right = CHANNELS[detector]
    gap = GAP_COLUMNS[detector]
    for channel, begin, end in ((left, 6, gap.start - 8), (right, gap.stop + 8, NX - 6)):
        for number, first in enumerate(range(begin, end - 20, 28), start=1):
            numbers[:, first : first + 20] = 100 * channel + number
    return numbers


def rates(detector="MIRIFUSHORT", band="SHORT", seed=1):
    """An exposure whose slices are lit, with bad pixels, NaN and reference columns."""
    rng = np.random.default_rng(seed)
    model = datamodels.IFUImageModel(SHAPE)
    lit = slices(detector) > 0
    light = rng.gamma(2, 8, SHAPE) * lit + 0.3
    model.data = (light + rng.normal(0, 0.2, SHAPE)).astype(np.float32)
    model.err = rng.uniform(0.1, 0.5, SHAPE).astype(np.float32)
    model.var_poisson = (model.err**2 * 0.7).astype(np.float32)
    model.var_rnoise = (model.err**2 * 0.3).astype(np.float32)
    model.dq = rng.choice([0, 0, 0, 0, 0, 4, DO_NOT_USE, HOT], SHAPE).astype(np.uint32)
    for edge in (slice(0, 4), slice(NX - 4, NX)):
        model.dq[:, edge] = REFERENCE_PIXEL | NON_SCIENCE
        model.data[:, edge] = 0.01
    bad = rng.random(SHAPE) < 0.002
    for plane in (model.data, model.err, model.var_poisson, model.var_rnoise):
        plane[bad] = np.nan
    meta = model.meta
    meta.filename = f"mrs{seed}_{detector.lower()}_rate.fits"
    meta.instrument.name, meta.instrument.detector = "MIRI", detector
    meta.instrument.channel, meta.instrument.band = DETECTORS[detector], band
    meta.exposure.type, meta.exposure.mid_time = "MIR_MRS", 60400.0
    meta.subarray.name, meta.subarray.fastaxis, meta.subarray.slowaxis = "FULL", 1, 2
    meta.subarray.xstart = meta.subarray.ystart = 1
    meta.subarray.xsize, meta.subarray.ysize = NX, NY
    meta.observation.date, meta.observation.time = "2024-04-01", "00:00:00"
    meta.wcsinfo.dispersion_direction = 2
    meta.bunit_data = meta.bunit_err = "DN/s"
    return model


def cross_artifact(path):
    """A reference of how rows scatter, other for each channel and part."""
    model = datamodels.MirMrsXArtCorrModel()
    y = np.arange(NY) / NY
    for channel in range(1, 5):
        for place, part in enumerate("abc"):
            columns = (
                np.arange(NY), 90 + 20 * y + place, 1e-4 * channel + 5e-5 * y, 11 + 2 * y, 24 + 3 * y + place,
                4e-4 * (1 + y), 2e-4 * channel + 0 * y,
            )  # fmt: skip
            name = f"ch{channel}{part}_table"
            setattr(model, name, np.array(list(zip(*columns, strict=True)), model.get_dtype(name)))
    model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
    model.save(path)
    return str(path)


def regions(path, detector="MIRIFUSHORT"):
    """A reference of slices at nine throughputs, narrower from plane to plane."""
    planes = []
    for plane in range(9):
        numbers = slices(detector)
        edge = np.diff(numbers, axis=1, prepend=0) != 0
        for shift in range(plane - 3):
            numbers[np.roll(edge, shift, axis=1)] = 0
        planes.append(numbers)
    model = datamodels.RegionsModel()
    model.regions = np.array(planes)
    model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
    model.save(path)
    return str(path)


def with_coordinates(model):
    """Give an exposure coordinates by slice: places that grow with x and y, wavelengths along columns."""
    import gwcs
    from astropy import units
    from astropy.modeling import bind_bounding_box, models
    from gwcs.coordinate_frames import Frame2D, SpectralFrame
    from gwcs.selector import LabelMapperArray, RegionsSelector

    numbers = slices(model.meta.instrument.detector)
    regions_of = {}
    for number in map(int, np.unique(numbers[numbers > 0])):
        channel = number // 100
        first = 4.0 + 3.4 * channel + 1e-3 * (number % 100)
        wavelength = models.Polynomial2D(1, c0_0=first, c0_1=2.5e-3, c1_0=1e-5)
        place = models.Polynomial2D(1, c0_0=30.0, c1_0=1e-5), models.Polynomial2D(1, c0_0=5.0, c0_1=1e-5)
        regions_of[number] = models.Mapping((0, 1, 0, 1, 0, 1)) | place[0] & place[1] & wavelength
    selector = RegionsSelector(("x", "y"), ("ra", "dec", "lam"), regions_of, LabelMapperArray(numbers))
    bind_bounding_box(selector, ((-0.5, NX - 0.5), (-0.5, NY - 0.5)), order="F")
    world = gwcs.coordinate_frames.CompositeFrame(
        [
            Frame2D(name="sky", axes_order=(0, 1), unit=(units.deg, units.deg)),
            SpectralFrame(axes_order=(2,), unit=units.micron),
        ],
        name="world",
    )
    model.meta.wcs = gwcs.WCS([(Frame2D(name="detector"), selector), (world, None)])
    return model


def photometry(path, detector="MIRIFUSHORT", with_time=True):
    """A reference of factors, some of which are missing, and of how throughput was lost since."""
    rng = np.random.default_rng(11)
    model = datamodels.MirMrsPhotomModel(SHAPE)
    model.data = rng.uniform(0.5, 2, SHAPE).astype(np.float32)
    model.data[rng.random(SHAPE) < 0.01] = np.nan
    model.dq = rng.choice([0, 0, 0, 0, 0, 0, 0, DO_NOT_USE, 4096], SHAPE).astype(np.uint32)
    for channel in range(1, 5) if with_time else ():
        name = f"timecoeff_powerlaw_ch{channel}"
        waves = 4.5 + 3.4 * channel + np.arange(4) * 0.5  # within those of the slices: beyond lines go on
        rows = [
            (wave, -0.02 * channel - 0.01 * place, 0.9 - 0.02 * channel, 12.0 + place, 59800.0 + 100 * place)
            for place, wave in enumerate(waves)
        ]
        rows[1] = (*rows[1][:2], 1.3, *rows[1][3:])  # would gain
        setattr(model, name, np.array(rows, model.get_dtype(name)))
    meta = model.meta
    meta.photometry.conversion_megajanskys, meta.photometry.pixelarea_steradians = 0.7, 4e-13
    meta.photometry.pixelarea_arcsecsq = 0.017
    meta.instrument.name, meta.instrument.detector = "MIRI", detector
    meta.description = meta.pedigree = meta.author = meta.useafter = "made"
    meta.reftype = "photom"
    model.save(path)
    return str(path)


def transmission(path):
    """A reference of fringes, some of which are missing, with flags that are not to be used."""
    model = datamodels.FringeModel(SHAPE)
    y, x = np.indices(SHAPE)
    model.data = (1 + 0.2 * np.sin(0.4 * y + 0.01 * x)).astype(np.float32)
    model.data[::7, ::11] = np.nan
    model.dq = np.full(SHAPE, DO_NOT_USE, np.uint32)
    model.meta.instrument.name = "MIRI"
    model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
    model.save(path)
    return str(path)
