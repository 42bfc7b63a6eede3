"""World coordinates: from references to a WCS, from a WCS to a program that kernels run."""
