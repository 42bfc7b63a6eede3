"""From rates to fluxes: flats, losses, shadows, backgrounds, units."""
