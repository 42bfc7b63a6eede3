"""Files of exposures: headers and tables are read when a file is opened, pixels when they are used."""
