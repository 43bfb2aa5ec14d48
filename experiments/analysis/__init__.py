"""From the event log to a report."""
