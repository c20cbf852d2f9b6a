"""Of the other pack."""
