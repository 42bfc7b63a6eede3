"""Series of integrations of a star: its place, its width, and its light in apertures, in each of them."""
