"""Dividing census areas in the window: propose, look, change, accept."""
