"""Steps on starlight: coronagraphs and interferometry."""
