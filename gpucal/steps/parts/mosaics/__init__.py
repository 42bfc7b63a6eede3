"""How exposures, and slits, are drizzled, and what becomes of their keywords."""
