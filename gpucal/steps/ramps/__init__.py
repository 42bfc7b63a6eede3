"""Steps on ramps: from raw groups to count rates."""
