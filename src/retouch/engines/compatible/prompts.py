"""Prompts for servers that read commands in them: what a caller must not send, and what we add ourselves."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from retouch.domain.engine import EngineCall
from retouch.domain.errors import RetouchError, invalid

#: Every server takes seeds of 31 bits; some no larger ones.
_SEEDS = 2**31


@dataclass(frozen=True, slots=True)
class Control:
    """A piece of control syntax: what callers are told of it, and how it is found."""

    name: str
    pattern: re.Pattern[str]


#: stable-diffusion.cpp reads a JSON object of knobs between these tags, anywhere in a prompt (examples/server/api.md).
SD_ARGS = Control("the tag sd_cpp_extra_args", re.compile(r"sd_cpp_extra_args", re.IGNORECASE))
#: Loads a file of the server's by name.
LORA = Control("a <lora:...> tag", re.compile(r"<\s*(lora|lyco|hypernet)\s*:", re.IGNORECASE))
#: LocalAI reads what follows as the negative prompt (core/http/endpoints/openai/image.go).
PIPE = Control("the sign |", re.compile(r"\|"))


def refuse_controls(prompt: str, negative: str | None, controls: Iterable[Control]) -> None:
    """Raise INVALID_REQUEST naming the control syntax that a caller's text holds."""
    for control in controls:
        for param, text in (("prompt", prompt), ("negative_prompt", negative or "")):
            if control.pattern.search(text):
                raise _refusal(param, control)


def _refusal(param: str, control: Control) -> RetouchError:
    return invalid(param, f"`{param}` holds {control.name}, which would command this model's server; leave it out.")


def plain(call: EngineCall) -> str:
    """The prompt as it is."""
    return call.prompt


def with_negative(call: EngineCall) -> str:
    """The prompt, and behind a bar the negative one."""
    return f"{call.prompt}|{call.negative_prompt}" if call.negative_prompt else call.prompt


def with_seed(call: EngineCall) -> str:
    """The prompt, and the first image's seed in the tag that no caller may send."""
    knobs = orjson.dumps({"seed": seed_of(call)}).decode()
    return f"{call.prompt} <sd_cpp_extra_args>{knobs}</sd_cpp_extra_args>"


def seed_of(call: EngineCall) -> int:
    """The first image's seed, 0 to 2^31 - 1."""
    return call.seeds[0] % _SEEDS
