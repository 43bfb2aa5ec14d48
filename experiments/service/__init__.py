"""Use cases on definitions, each written to the audit log in its own transaction."""
