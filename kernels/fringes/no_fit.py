"""What is raised where data do not determine a model."""


class NoFit(Exception):
    """Data do not determine a model; the message says why."""
