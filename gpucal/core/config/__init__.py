"""What a user asks for: configuration files, parameters and their layers, steps by name."""
