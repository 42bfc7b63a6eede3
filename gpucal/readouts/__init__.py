"""How a detector was read: subarrays, stripes, interleaved reference pixels, the order of integrations."""
