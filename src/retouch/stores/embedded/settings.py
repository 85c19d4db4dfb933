"""How the embedded PostgreSQL is set: small, silent on the network, and quiet in its log."""

from pathlib import Path

from retouch.stores.embedded.sockets import PORT


def settings(socket_folder: Path, *, durable: bool) -> list[str]:
    """`name=value` for each setting that differs from PostgreSQL's default."""
    careless = [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    return [
        f'unix_socket_directories="{socket_folder}"',
        "unix_socket_permissions=0700",
        "listen_addresses=",
        f"port={PORT}",
        "max_connections=60",
        "shared_buffers=64MB",
        "jit=off",
        "io_method=sync",
        "max_worker_processes=2",
        "max_parallel_workers_per_gather=0",
        "max_logical_replication_workers=0",
        "max_wal_senders=0",
        "wal_level=minimal",
        "autovacuum_worker_slots=3",
        "max_wal_size=256MB",
        "timezone=UTC",
        "log_timezone=UTC",
        # A statement that failed may hold what must not be in a log; it is reported to who sent it.
        "log_min_messages=log",
        "log_checkpoints=off",
        "log_autovacuum_min_duration=-1",
        *careless,
    ]
