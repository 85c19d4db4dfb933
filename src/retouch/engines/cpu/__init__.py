"""The built-in CPU editor `retouch-classic`."""
