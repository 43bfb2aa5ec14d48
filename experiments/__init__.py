"""What was decided, what happened, what it means."""
