"""A storm on every part at once: clients that retry, providers that fail, processes and a database that are killed.

`storm` tells it: `cast` are the providers, `fleet` the processes and the database, `clients` what is asked for and by
whom, `verdict` what must be true afterwards.
"""

from support.torture.storm import Size, Storm, torture
from support.torture.verdict import Verdict

__all__ = ["Size", "Storm", "Verdict", "torture"]
