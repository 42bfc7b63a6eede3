"""Steps that make light curves of series of integrations."""
