"""What the user sees: the steps of the work, the list of problems, the few questions."""
