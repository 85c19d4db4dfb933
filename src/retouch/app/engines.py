"""Which engines there are, how much each may do at a time, and which models they make available.

The only module that names an engine.
"""

import os
from collections.abc import Mapping
from importlib.metadata import entry_points

from retouch.domain.engine import Engine
from retouch.domain.moderation import Moderator
from retouch.engines import compatible
from retouch.engines.cpu.engine import CpuEngine
from retouch.engines.fal import Fal
from retouch.engines.gemini import Gemini
from retouch.engines.moderation import MODERATORS
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from retouch.routing.catalog import load_catalog
from retouch.routing.choose import Chooser
from retouch.routing.places import located
from retouch.routing.slots import Slots
from retouch.settings import Settings

#: Other packages add engines under this entry point: a callable that takes the engine's settings.
ENTRY_POINT = "retouch.engines"

#: Places of an engine that works elsewhere, on this machine: calls under way, and edits waiting for one.
RUNNING, WAITING = 32, 128
MOST_PLACES = 100_000


def build_engines(settings: Settings, cpu: CpuEngine, client: Client) -> dict[str, Engine]:
    """Every engine by the name that routes call it: our own, then those of installed packages."""
    own = settings.engines
    try:
        engines: list[Engine] = [
            cpu,
            OpenAIImages(own.get("openai", {}), client, os.environ),
            Gemini(own.get("gemini", {}), client, os.environ),
            Fal(own.get("fal", {}), client, os.environ),
            *compatible.build(own, client),
            *(point.load()(own.get(point.name, {})) for point in entry_points(group=ENTRY_POINT)),
        ]
        for name in own:
            _places(settings, name)
    except ValueError as error:
        raise located(error, settings.config) from None
    found = {engine.name: engine for engine in engines}
    for name in own.keys() - found.keys():
        why = f"engines.{name}: there is no such engine; a server of yours needs kind and base_url in its table"
        raise located(ValueError(why), settings.config)
    return found


def new_client() -> Client:
    """The client through which every engine of a process talks to its provider; close it."""
    return Client()


def build_moderator(settings: Settings, client: Client) -> Moderator | None:
    """Who judges prompts and pictures; None unless the operator wants it. Raises ConfigError."""
    own = settings.moderation
    if own.by is None:
        return None
    told = {**own.model_dump(), "api_key": own.api_key and own.api_key.get_secret_value()}
    try:
        if own.by not in MODERATORS:
            raise ValueError(f"moderation.by must be one of: {', '.join(MODERATORS)}")
        return MODERATORS[own.by](told, client, os.environ)
    except ValueError as error:
        raise located(error, settings.config) from None


def build_cpu(settings: Settings) -> CpuEngine:
    """The built-in editor, which also cuts out backdrops for models that draw no transparency."""
    return CpuEngine(_cpu_workers(settings), settings.cpu.time_limit)


def build_chooser(settings: Settings, engines: Mapping[str, Engine]) -> Chooser:
    """The catalogue, and which of it works."""
    return Chooser(load_catalog(settings.models, settings.config), engines, settings.default_order)


def idle_chooser(settings: Settings) -> Chooser:
    """The catalogue for a command that edits nothing: no engine is started."""
    client = new_client()
    build_moderator(settings, client)  # what is wrong with it is told now, too
    return build_chooser(settings, build_engines(settings, build_cpu(settings), client))


def slots(settings: Settings, engine: str) -> Slots:
    """An engine's places in this process: the machine's, shared out over the processes."""
    if engine == CpuEngine.name:
        return Slots(engine, running=_cpu_workers(settings), waiting=settings.cpu.waiting // settings.workers)
    running, waiting = _places(settings, engine)
    return Slots(engine, running=max(1, running // settings.workers), waiting=waiting // settings.workers)


def _places(settings: Settings, engine: str) -> tuple[int, int]:
    """Calls at a time, and edits that may wait, on this machine. Raises ValueError naming the setting."""
    found = []
    for name, default, least in (("running", RUNNING, 1), ("waiting", WAITING, 0)):
        text = str(settings.engines.get(engine, {}).get(name, default))
        if not text.isdecimal() or not least <= int(text) <= MOST_PLACES:
            raise ValueError(f"engines.{engine}.{name} must be a whole number from {least} to {MOST_PLACES}")
        found.append(int(text))
    return found[0], found[1]


def _cpu_workers(settings: Settings) -> int:
    """Worker processes of the built-in editor for one server process: the machine's, shared out."""
    return max(1, (settings.cpu.workers or os.cpu_count() or 1) // settings.workers)
