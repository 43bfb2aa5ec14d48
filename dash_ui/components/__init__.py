"""Records in, Dash components out."""
