"""What an edit costs, beside named yardsticks, measured in one run: `make bench`. Nothing here passes or fails."""
