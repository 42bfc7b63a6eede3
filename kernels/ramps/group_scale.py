"""Scale of groups whose on-board average was divided by a power of two and not by the number of frames.

Source: the ``group_scale`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/group_scale/description.html.
"""


def rescale_groups(ramp, nframes, frame_divisor):
    """Turn sums over ``frame_divisor`` into averages over ``nframes``, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited.
    nframes : int
        Frames summed into a group.
    frame_divisor : int
        What the sum was divided by on board.
    """
    ramp *= frame_divisor / nframes
