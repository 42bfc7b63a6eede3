"""Simulated spectra without slits: fields of many sources through grisms, and series of one."""
