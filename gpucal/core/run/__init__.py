"""How a run goes: inputs, references, steps one after another, results."""
