"""How exposures of each mode are given their world coordinates."""
