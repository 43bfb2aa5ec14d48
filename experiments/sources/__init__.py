"""Facts from elsewhere: tables that the retailer already has, pulled into the lake as events."""
