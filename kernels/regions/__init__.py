"""Connected flagged pixels of an image, and shapes around them."""
