"""Corrections of ramps, group by group."""
