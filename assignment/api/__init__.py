"""The doors through which storefronts ask and report."""
