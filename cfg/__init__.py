"""The configuration files that users copy and edit."""
