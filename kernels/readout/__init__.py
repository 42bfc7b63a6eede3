"""The order in which pixels were read: frames of a detector, interleaved reference pixels, stripes."""
