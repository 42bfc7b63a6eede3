"""Residual fringes of the MRS: what is left of them after division by the fringe flat."""
