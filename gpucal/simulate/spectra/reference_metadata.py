"""What every reference of spectra says of itself."""

DESCRIPTION = "Simulated reference"


def describe(model, kind: str, exp_type: str | None = None, **instrument) -> None:
    """Fill in the metadata that a reference file must have.

    Parameters
    ----------
    model : datamodel
        Changed in place.
    kind : str
        Reference type.
    exp_type : str, optional
        Where the reference is for one type of exposures.
    **instrument
        Values below ``meta.instrument``, such as ``name="NIRSPEC"``.
    """
    model.meta.telescope = "JWST"
    model.meta.reftype = kind
    model.meta.author = "gpucal simulation"
    model.meta.pedigree = "DUMMY"
    model.meta.useafter = "2022-01-01T00:00:00"
    model.meta.description = DESCRIPTION
    if exp_type is not None:
        model.meta.exposure.type = exp_type
    for name, value in instrument.items():
        setattr(model.meta.instrument, name, value)
