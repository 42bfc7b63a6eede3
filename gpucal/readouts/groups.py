"""How many groups an integration has."""

from gpucal.errors import SkipStep


def check_groups(exposure, fewest: int):
    """Raise `SkipStep` unless the ramps of an exposure have so many groups at least."""
    ngroups = exposure.shape_of("data")[1]
    if ngroups < fewest:
        raise SkipStep(f"an integration has {ngroups} groups, and {fewest} are needed")
