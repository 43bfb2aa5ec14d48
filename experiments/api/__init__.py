"""Management of definitions over HTTP."""
