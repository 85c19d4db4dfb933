"""The servers that an operator has: one table each under `engines` in retouch.toml.

    [engines.gpu1]
    kind = "vllm-omni"                    # one of kinds.KINDS
    base_url = "http://10.0.0.5:8000/v1"  # as OpenAI clients are given it
    api_key = "..."                       # if the server wants one
    media_hosts = ["cdn.example.com"]     # further hosts that its results lie on
    mask = true                           # the model behind it reads masks (or does not), whatever the kind says
    seed = true                           # it reads `seed`, although the kind does not say so

Routes name the engine by its table: `{ engine = "gpu1", model = "Qwen/Qwen-Image-Edit" }`. `engines.compatible` needs
no kind (it is `plain`), so that RETOUCH_ENGINES__COMPATIBLE__BASE_URL alone adds a server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from retouch.engines.compatible.kinds import KINDS
from retouch.engines.upstream import MediaHosts, bearer, find_key

DEFAULT = "compatible"
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One server. `base_url` is "" where it is not set."""

    name: str
    kind: str
    base_url: str
    headers: Mapping[str, str]
    hosts: MediaHosts
    mask: bool | None = None
    seed: bool | None = None


def instances(settings: Mapping[str, Mapping[str, Any]]) -> list[Instance]:
    """Every table with a `kind`, and always `compatible`. Raises ValueError naming the setting that is wrong."""
    names = [DEFAULT, *(name for name, table in settings.items() if "kind" in table and name != DEFAULT)]
    return [_instance(name, settings.get(name, {})) for name in names]


def _instance(name: str, table: Mapping[str, Any]) -> Instance:
    kind = str(table.get("kind") or "plain")
    if kind not in KINDS:
        raise ValueError(f"engines.{name}.kind is {kind!r}; it is one of {', '.join(KINDS)}")
    base = str(table.get("base_url") or "").rstrip("/")
    if base and (URL(base).scheme not in {"http", "https"} or not URL(base).host):
        raise ValueError(f"engines.{name}.base_url must be an http or https address, usually ending in /v1")
    return Instance(
        name=name,
        kind=kind,
        base_url=base,
        headers=bearer(_key(name, table)),
        hosts=MediaHosts(base, _hosts(table.get("media_hosts", ()))),
        mask=_flag(name, table, "mask"),
        seed=_flag(name, table, "seed"),
    )


def _key(name: str, table: Mapping[str, Any]) -> str:
    try:
        return find_key(table, {})
    except ValueError:
        raise ValueError(f"engines.{name}.api_key holds characters that no key has") from None


def _hosts(value: object) -> tuple[str, ...]:
    found = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(text for host in found if (text := str(host).strip().lower()))


def _flag(name: str, table: Mapping[str, Any], key: str) -> bool | None:
    value = table.get(key)
    if value is None or isinstance(value, bool):
        return value
    if str(value).lower() not in _WORDS:
        raise ValueError(f"engines.{name}.{key} is true or false")
    return _WORDS[str(value).lower()]
