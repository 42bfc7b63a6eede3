"""Electromagnetic interference in MIRI ramps."""
