"""Parts of the steps on coronagraphic exposures."""
