"""The PostgreSQL of a fresh machine: programs from a Python wheel, run on a folder of ours.

    programs.py  where the programs are        service_user.py  whom they run as when we are root
    cluster.py   the folder with the data      sockets.py       the short private folder with the socket
    locks.py     who is using it               server.py        start, adopt, stop

Nothing listens on the network. Only the folder's owner and root can connect: the socket's folder is closed to others,
and PostgreSQL asks the kernel who is calling (peer authentication).
"""

from retouch.stores.embedded.errors import EmbeddedError
from retouch.stores.embedded.server import Embedded

__all__ = ["Embedded", "EmbeddedError"]
