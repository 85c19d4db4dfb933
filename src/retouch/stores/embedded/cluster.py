"""The folder that holds the data: made once, and opened for the one who may serve it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from retouch.stores.embedded.errors import EmbeddedError
from retouch.stores.embedded.folders import Folder, Log
from retouch.stores.embedded.programs import programs, run_as
from retouch.stores.embedded.service_user import User, name_of, service_user

#: PostgreSQL's own superuser, and the only one in the cluster.
ROLE = "retouch"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder's database files, log and locks, and whom they belong to."""

    data: Path
    user: User

    @classmethod
    def of(cls, data: Path) -> "Cluster":
        """The cluster of a data folder, which is made if it is missing. Nothing above it is changed."""
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = data.resolve()
        return cls(data, service_user(data, data / "postgres"))

    @property
    def folder(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        """What PostgreSQL said."""
        return self.data / "postgres.log"

    def create(self, *, durable: bool, held: int) -> None:
        """Make the files, all or none. A program left over by a killed process keeps the lock `held` until it ends."""
        if self.folder.exists():
            return
        fresh = self.data / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        arguments = ["-U", ROLE, "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8", *([] if durable else ["--no-sync"])]
        with closing(Folder(fresh, self.user)) as folder:
            folder.give()
            done = subprocess.run(  # noqa: S603
                [programs(self.user, None) / "initdb", "-D", folder.path, *arguments],
                pass_fds=(folder.fd, held),
                capture_output=True,
                check=False,
                **run_as(self.user),
            )
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL could not set up {fresh}: {done.stderr.decode(errors='replace').strip()}")
        fresh.rename(self.folder)

    def serve(self, settings: Sequence[str], *, held: int) -> "subprocess.Popen[bytes]":
        """Start the server. It and its children hold the lock `held` for as long as any of them lives."""
        options = [part for setting in settings for part in ("-c", setting)]
        with closing(Folder(self.folder, self.user)) as folder, closing(Log(self.log, self.user)) as log:
            folder.give()
            folder.write("pg_hba.conf", f"local all all peer map={ROLE}\n")
            folder.write("pg_ident.conf", "".join(f'{ROLE} "{name}" {ROLE}\n' for name in self._callers()))
            return subprocess.Popen(  # noqa: S603
                [self.programs() / "postgres", "-D", folder.path, *options],
                pass_fds=(folder.fd, held),
                stdin=subprocess.DEVNULL,
                stdout=log.fd,
                stderr=log.fd,
                **run_as(self.user),
            )

    def signal(self, mode: str) -> None:
        """Ask the server to stop: `fast` is SIGINT, `immediate` SIGQUIT.

        PostgreSQL's own program does it, as the service user, so that a forged process id hits nobody else.
        """
        with closing(Folder(self.folder, self.user)) as folder:
            subprocess.run(  # noqa: S603
                [self.programs() / "pg_ctl", "stop", "-D", folder.path, "-m", mode, "-W"],
                pass_fds=(folder.fd,),
                capture_output=True,
                check=False,
                timeout=30,
                **run_as(self.user),
            )

    def programs(self) -> Path:
        """The programs of the version that made the files."""
        return programs(self.user, int((self.folder / "PG_VERSION").read_text().split(".")[0]))

    def last_words(self) -> str:
        """The end of the log, for an error message."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return " / ".join(text.splitlines()[-3:])

    def _callers(self) -> list[str]:
        """The system users who may connect: root and the data folder's owner, never a user without rights."""
        names = (name_of(uid) for uid in (0, self.data.stat().st_uid, os.geteuid()))
        return sorted({name for name in names if name})
