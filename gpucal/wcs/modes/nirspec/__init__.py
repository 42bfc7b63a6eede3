"""NIRSpec: from the detector by camera, grating wheel and collimator to the slits, and from there to the sky.

Sources: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html, and its reference files,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/references_general.html.
"""
