"""The numbers: one folder a subject, one file an algorithm, arrays in, arrays out."""
