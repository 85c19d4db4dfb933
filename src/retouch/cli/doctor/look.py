"""Everything that `retouch doctor` looks at, in the order in which it is shown."""

import asyncio
from contextlib import AsyncExitStack

from retouch.app.engines import build_chooser, build_cpu, build_engines, new_client
from retouch.cli.doctor.configured import check_models, check_public_url, check_secret, check_settings
from retouch.cli.doctor.findings import Finding
from retouch.cli.doctor.machine import check_codecs, check_disk, check_editor
from retouch.cli.doctor.providers import check_providers
from retouch.cli.doctor.stored import check_database, check_storage
from retouch.domain.via import arrive, server_name
from retouch.settings import Settings

#: Seconds for the built-in editor, whose worker processes take some to start.
_EDITOR_SECONDS = 60.0


async def look(settings: Settings, seconds: float) -> list[Finding]:
    """Look at everything; wait at most so many seconds for one provider or address."""
    async with AsyncExitStack() as stack:
        client, cpu = new_client(), build_cpu(settings)
        stack.push_async_callback(client.close)
        engines = build_engines(settings, cpu, client)
        for engine in engines.values():
            stack.push_async_callback(engine.close)
        chooser = build_chooser(settings, engines)
        stored = await check_database(settings)
        if stored.secret is not None:
            # An engine that leads back to this server is known by the server's own name.
            arrive(None, server_name(stored.secret))
        return [
            *check_settings(settings),
            check_disk(settings.data),
            *stored.findings,
            await check_storage(settings, stored.mark),
            check_secret(settings),
            await check_public_url(settings, seconds),
            await asyncio.to_thread(check_codecs),
            await check_editor(cpu, _EDITOR_SECONDS),
            *await check_providers(engines, chooser, seconds),
            *check_models(chooser),
        ]
