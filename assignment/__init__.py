"""Who sees which variant, with a durable record of it."""
