"""Flags of data quality: what their bits mean, and how those of groups are read."""
