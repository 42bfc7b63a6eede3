"""Jumps within ramps: cosmic rays, snowballs, showers."""
