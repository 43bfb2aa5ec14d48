"""The GrowthBook SDK protocol: the payload that SDKs load, and the evaluation that they do with it."""
