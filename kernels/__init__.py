"""The numbers: one file an algorithm, arrays in, arrays out."""
