"""Count rates of ramps: least squares and likelihood."""
