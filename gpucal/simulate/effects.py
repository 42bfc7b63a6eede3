"""Which effects a simulation has, and how strong they are."""

from dataclasses import dataclass, fields, replace

from gpucal.simulate.errors import SimulationError


@dataclass(frozen=True)
class Effects:
    """Switches and levels of the simulated effects.

    Every boolean field is a switch, on by default; the numbers are the levels used when it is on.

    Attributes
    ----------
    stars, sky : bool
        Light: point sources, and a smooth background of `sky_rate` electrons per second.
    poisson : bool
        Shot noise of photons and dark current.
    dark, hot_pixels : bool
        Dark current, and a fraction `hot_pixel_fraction` of pixels with 0.5 to 50 electrons per second more.
    bias : bool
        Structure of the bias; a constant level when off.
    amplifier_offsets, odd_even : bool
        Offset of each output, and of its odd against its even columns, drawn once with spreads
        `amplifier_offset` and `odd_even_offset` (DN); a tenth of that drifts from frame to frame.
    one_over_f : bool
        Correlated noise with a 1/f power spectrum of rms `one_over_f_level` (DN), common to all outputs.
    read_noise : bool
        White noise of each read.
    linearity : bool
        Response that falls behind the charge, by `nonlinearity` at full well.
    saturation : bool
        Full well, and a reference threshold just below it. The converter's limits always hold.
    ipc : bool
        Capacitive coupling of a fraction `ipc_coupling` to each of the four neighbours.
    cosmic_rays : bool
        `cosmic_ray_rate` tracks per pixel and second; energies from `least_energy` to 2e5 electrons per
        pixel with power-law index -2.
    snowballs : bool
        `snowball_rate` events per pixel and second: a saturated disc in a halo. Near infrared.
    showers : bool
        `shower_rate` events per pixel and second: an ellipse of `shower_electrons` on each pixel. MIRI.
    reset_anomaly : bool
        Offset of the first 15 groups after a reset, `reset_anomaly_level` (DN) in the first of them; half of it
        after the first reset of an exposure. This and the four that follow: MIRI.
    switch_decay : bool
        Offset that decays within few groups after a reset, `switch_decay_level` (DN) in the first; a third of it
        after the first reset of an exposure.
    first_frame, last_frame : bool
        Offsets of the first and the last group of an integration, `first_frame_offset` and `last_frame_offset` (DN).
    dark_settling : bool
        Signal in the first integration of an exposure that grows to `dark_settling_level` (DN).
    interference : bool
        Waves of electromagnetic interference, the strongest of amplitude `interference_level` (DN). MIRI.
    bad_pixels : bool
        Dead pixels in the mask; NaN or flagged entries in the linearity, saturation, gain and read
        noise references, a fraction `bad_pixel_fraction` of pixels each.
    detector_seed : int
        Draws another specimen of the detector (and so other references).
    """

    stars: bool = True
    sky: bool = True
    poisson: bool = True
    dark: bool = True
    hot_pixels: bool = True
    bias: bool = True
    amplifier_offsets: bool = True
    odd_even: bool = True
    one_over_f: bool = True
    read_noise: bool = True
    linearity: bool = True
    saturation: bool = True
    ipc: bool = True
    cosmic_rays: bool = True
    snowballs: bool = True
    showers: bool = True
    reset_anomaly: bool = True
    switch_decay: bool = True
    first_frame: bool = True
    last_frame: bool = True
    dark_settling: bool = True
    interference: bool = True
    bad_pixels: bool = True

    sky_rate: float = 1.0
    stars_per_pixel: float = 2e-4
    hot_pixel_fraction: float = 1e-3
    amplifier_offset: float = 15.0
    odd_even_offset: float = 5.0
    one_over_f_level: float = 4.0
    nonlinearity: float = 0.06
    ipc_coupling: float = 0.005
    cosmic_ray_rate: float = 1.6e-5
    least_energy: float = 400.0
    snowball_rate: float = 1e-8
    shower_rate: float = 1e-8
    shower_electrons: float = 60.0
    reset_anomaly_level: float = 25.0
    switch_decay_level: float = 60.0
    first_frame_offset: float = 40.0
    last_frame_offset: float = -30.0
    dark_settling_level: float = 8.0
    interference_level: float = 5.0
    bad_pixel_fraction: float = 3e-4
    detector_seed: int = 0

    @classmethod
    def switches(cls):
        """Names of the effects that can be switched."""
        return tuple(field.name for field in fields(cls) if field.type is bool)

    @classmethod
    def none(cls, **levels):
        """All effects off."""
        return cls(**dict.fromkeys(cls.switches(), False), **levels)

    @classmethod
    def only(cls, *names, **levels):
        """The named effects on, all others off.

        Raises
        ------
        SimulationError
            There is no effect of that name.
        """
        unknown = set(names) - set(cls.switches())
        if unknown:
            raise SimulationError(f"no effect {sorted(unknown)}; there are {', '.join(cls.switches())}")
        return replace(cls.none(**levels), **dict.fromkeys(names, True))

    def detector_state(self):
        """The fields on which the detector and its references depend, as a tuple."""
        return tuple((name, getattr(self, name)) for name in _DETECTOR_FIELDS)


_DETECTOR_FIELDS = (
    "dark",
    "hot_pixels",
    "hot_pixel_fraction",
    "bias",
    "linearity",
    "nonlinearity",
    "saturation",
    "ipc",
    "ipc_coupling",
    "reset_anomaly",
    "reset_anomaly_level",
    "dark_settling",
    "dark_settling_level",
    "bad_pixels",
    "bad_pixel_fraction",
    "detector_seed",
)
