"""Hold the products of imaging observations against the truth of the simulator.

Each measure takes a simulated observation and the files of its products, whichever program made them.
"""
