"""Parts of steps that work on ramps."""
