"""Who may edit, and how much at once."""
