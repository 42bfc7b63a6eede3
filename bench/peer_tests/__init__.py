"""The peer's own unit tests of its steps, run with gpucal's classes in the steps' place."""
