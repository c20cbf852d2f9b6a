"""Of the other pack."""

WHOSE = "another's"
