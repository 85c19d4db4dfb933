"""Stand-ins for providers that check what they receive as strictly as the provider does, and fail to order."""
