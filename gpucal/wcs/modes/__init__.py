"""Which transforms lead from pixels to the sky, and in which order: one file a mode."""
