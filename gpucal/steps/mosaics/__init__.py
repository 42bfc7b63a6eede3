"""Steps that work on mosaics."""
