"""The coverage engine."""
