"""All that a GPU has to show, with one command that keeps a time limit by itself."""
