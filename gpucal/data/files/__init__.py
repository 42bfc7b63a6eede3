"""Files of exposures: headers and tables at once, pixels when they are used."""
