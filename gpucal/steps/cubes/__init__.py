"""Steps that make spectral cubes of exposures of integral fields."""
