"""The story of an edit, with all that it needs."""

from contextlib import AsyncExitStack

from retouch.admission.ledger import Also, Ledger
from retouch.app.addresses import addresses
from retouch.app.engines import build_chooser, build_cpu, build_engines, build_moderator, new_client, slots
from retouch.domain.units import MB
from retouch.editing import Editing, Patience
from retouch.fetch import Fetcher, OwnFiles
from retouch.pixels import Bounds
from retouch.routing.health import Health
from retouch.settings import Settings
from retouch.stores.objects import Objects


async def open_editing(
    settings: Settings,
    stack: AsyncExitStack,
    objects: Objects | None,
    ledger: Ledger,
    *,
    told: Also | None = None,
    own: OwnFiles | None = None,
) -> Editing:
    """The story of an edit with all that it needs, closed by `stack`; without `objects` it answers no links.

    `told` runs in the transaction that ends an edit which was accepted for later; `own` reads this server's own links.
    """
    client, cpu = new_client(), build_cpu(settings)
    stack.push_async_callback(client.close)
    engines = build_engines(settings, cpu, client)
    for engine in engines.values():
        stack.push_async_callback(engine.close)
    if all(engine is cpu or engine.missing() for engine in engines.values()):
        # Beside other engines its workers, 170 MB on two cores, are started by the first edit that is for them.
        cpu.warm()
    return Editing(
        chooser=build_chooser(settings, engines),
        health=Health(lambda route: slots(settings, route.engine)),
        fetcher=await stack.enter_async_context(Fetcher(addresses(settings, settings.fetch.seconds), own=own)),
        objects=objects,
        bounds=Bounds(pixels=int(settings.limits.megapixels * 1_000_000), bytes=int(settings.limits.image_mb * MB)),
        patience=Patience(settings.edit_seconds, settings.reroute_after_send),
        cut_out=cpu.cut_out,
        ledger=ledger,
        moderator=build_moderator(settings, client),
        told=told,
    )
