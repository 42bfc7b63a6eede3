"""World coordinates of an image whose pixels were divided along one axis."""

from gpucal.wcs import frames
from gpucal.wcs.modes.nirspec.bounding_boxes import compound
from gpucal.wcs.modes.nirspec.open_slits import boxes_in
from gpucal.wcs.modes.nirspec.slice_map import takes_slice
from gpucal.wcs.nodes import beside, bounding_box, chain, identity, kind_of, scale, shift, with_names
from gpucal.wcs.world import Wcs

FRAME, STEP = "coordinates", "coord2det"
_PIXEL = ("x", "y")


def with_small_pixels(wcs: Wcs, factor: float, axis: int) -> Wcs:
    """The coordinates of small pixels: a step from these to the pixels, before all others.

    Parameters
    ----------
    wcs : Wcs
        Of an image, from pixels, or from pixels and the number of a slice of NIRSpec.
    factor : float
        Small pixels for each pixel.
    axis : int
        Along which pixels are divided: 0 for x, 1 for y.

    Returns
    -------
    Wcs
        Its first frame is ``coordinates``.
    """
    offset = -(factor - 1) / (factor * 2)
    divided = chain(scale(1 / factor), shift(offset))
    step = beside(divided, identity(1)) if axis == 0 else beside(identity(1), divided)

    def in_small_pixels(box):
        """A bounding box, an interval for x and one for y, in small pixels."""
        ends = [tuple(interval) for interval in box]
        ends[axis] = tuple((end - offset) * factor for end in ends[axis])
        return dict(zip(_PIXEL, ends, strict=True))

    first, *rest = wcs.transforms
    if wcs.frame_names[0] == FRAME:
        changed = with_names(chain(step, first), _PIXEL, _PIXEL, name=STEP)
        return Wcs(wcs.frames, (changed, *(_with_boxes(one, in_small_pixels) for one in rest)), wcs.name)
    frame = frames.plane(FRAME, _PIXEL, "pixel")
    if takes_slice(wcs):
        names = (*_PIXEL, "name")
        step = with_names(beside(step, identity(1)), names, names, name=STEP)
        boxes = {number: tuple(in_small_pixels(box).values()) for number, box in boxes_in(wcs).items()}
        if boxes:
            step["bounding_box"] = compound(boxes)
    else:
        step = with_names(step, _PIXEL, _PIXEL, name=STEP)
        if wcs.bounding_box is not None:
            step["bounding_box"] = bounding_box(**in_small_pixels(wcs.bounding_box))
    return Wcs((frame, *wcs.frames), (step, first, *rest), wcs.name)


def has_small_pixels(wcs: Wcs) -> bool:
    """Whether its first step leads from small pixels to those of the detector."""
    return wcs.frame_names[0] == FRAME and kind_of(wcs.transforms[0]) != "identity"


def _with_boxes(transform, in_small_pixels):
    """A transform; where it is a selector of slices, with their boxes in small pixels."""
    if kind_of(transform) != "regions_selector":
        return transform
    changed = type(transform)({**transform}, transform._tag)
    selector = changed["selector"]
    regions = [_in_box(region, in_small_pixels) for region in selector["transforms"]]
    changed["selector"] = {**selector, "transforms": regions}
    return changed


def _in_box(region, in_small_pixels):
    if "bounding_box" not in region:
        return region
    intervals = region["bounding_box"]["intervals"]
    box = in_small_pixels([intervals[name] for name in _PIXEL])
    changed = type(region)({**region}, region._tag)
    changed["bounding_box"] = bounding_box(**box)
    return changed
