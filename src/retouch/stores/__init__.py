"""Everything that is kept: all SQL, and all object keys. Imports nothing of Retouch but `domain` and `pixels`."""
