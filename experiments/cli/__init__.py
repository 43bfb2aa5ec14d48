"""The proefwerk command."""
