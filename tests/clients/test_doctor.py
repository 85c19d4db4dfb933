"""`retouch doctor` as typed in a shell, with real databases and wire-true providers."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from support.server import KEY, Server, free_port
from support.shell import retouch
from upstreams.compatible import CompatibleUpstream
from upstreams.fal import FalUpstream
from upstreams.faults import answers, slow
from upstreams.gemini import GeminiUpstream
from upstreams.openai_images import OpenAIUpstream


async def doctor(folder: Path, *arguments: object, **environment: str) -> "CompletedProcess[str]":
    """Run it beside the stand-ins of this process."""
    return await asyncio.to_thread(retouch, "doctor", *arguments, cwd=folder, **environment)


async def findings(folder: Path, *arguments: object, **environment: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Its exit status, and what it found by check."""
    done = await doctor(folder, "--json", *arguments, **environment)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["ok"] is (done.returncode == 0)
    return done.returncode, {row["check"]: row for row in said["findings"]}


def openai_at(url: str, key: str) -> Mapping[str, str]:
    return {"OPENAI_API_KEY": key, "RETOUCH_ENGINES__OPENAI__BASE_URL": url}


async def test_a_fresh_machine_is_well(tmp_path: Path) -> None:
    """What is not set up is no problem, and says how; nothing is made by looking."""
    status, found = await findings(tmp_path)
    assert status == 0
    assert {name for name, row in found.items() if row["state"] != "ok"} == {"openai", "gemini", "fal", "compatible"}
    assert found["openai"] == {
        "check": "openai",
        "state": "off",
        "found": "not set up",
        "advice": "set OPENAI_API_KEY to use it",
    }
    assert found["default model"]["found"] == "retouch-classic"
    assert "made at the first start" in found["data folder"]["found"]
    assert list(tmp_path.iterdir()) == []


async def test_every_provider_is_asked_and_none_is_paid(tmp_path: Path) -> None:
    async with (
        OpenAIUpstream() as openai,
        GeminiUpstream() as gemini,
        FalUpstream() as fal,
        CompatibleUpstream() as own,
    ):
        status, found = await findings(
            tmp_path,
            **openai_at(openai.base_url, openai.key),
            GEMINI_API_KEY=gemini.key,
            RETOUCH_ENGINES__GEMINI__BASE_URL=gemini.base_url,
            FAL_KEY=fal.key,
            RETOUCH_ENGINES__FAL__BASE_URL=fal.base_url,
            RETOUCH_ENGINES__FAL__REST_URL=fal.root,
            RETOUCH_ENGINES__GPU1__KIND="vllm-omni",
            RETOUCH_ENGINES__GPU1__BASE_URL=own.base_url,
            RETOUCH_ENGINES__GPU1__API_KEY=own.key,
        )
        assert status == 0, found
        for name in ("openai", "gemini", "fal", "gpu1", "clock"):
            assert found[name]["state"] == "ok", found[name]
        asked = [f"{seen.method} {seen.path}" for one in (openai, gemini, own) for seen in one.seen]
        assert asked == ["GET /v1/models", "GET /v1beta/models", "GET /v1/models"]
        assert sorted(fal.steps()) == ["status", "token"]


async def test_an_expired_key_a_dead_host_and_a_slow_one(tmp_path: Path) -> None:
    """Each is a problem that says what to do; the slow one is waited for as long as was said, beside the others."""
    expired = "sk-expired-0123456789abcdef"
    async with OpenAIUpstream() as openai, CompatibleUpstream() as slowly:
        slowly.order(slow(asyncio.Event()))
        status, found = await findings(
            tmp_path,
            "--seconds",
            0.5,
            **openai_at(openai.base_url, expired),
            GEMINI_API_KEY="a-key",
            RETOUCH_ENGINES__GEMINI__BASE_URL=f"http://127.0.0.1:{free_port()}",
            RETOUCH_ENGINES__GPU1__KIND="plain",
            RETOUCH_ENGINES__GPU1__BASE_URL=slowly.base_url,
        )
    assert status == 1
    rows = [found[name] for name in ("openai", "gemini", "gpu1")]
    assert [row["state"] for row in rows] == ["problem"] * 3
    assert rows[0]["advice"] == "put a valid key into OPENAI_API_KEY"
    assert rows[1]["found"] == "the connection was refused"
    assert "RETOUCH_ENGINES__GEMINI__BASE_URL" in rows[1]["advice"]
    assert rows[2]["found"] == "no answer in time"
    assert expired not in json.dumps(found)


async def test_a_model_that_the_account_does_not_have(tmp_path: Path) -> None:
    async with OpenAIUpstream() as openai:
        openai.models -= {"gpt-image-2.6-flare"}
        status, found = await findings(tmp_path, **openai_at(openai.base_url, openai.key))
    assert (status, found["openai"]["state"]) == (0, "warning")
    assert found["openai"]["found"].endswith("but not gpt-image-2.6-flare")
    assert "other routes" in found["openai"]["advice"]


async def test_a_clock_that_is_wrong(tmp_path: Path) -> None:
    async with OpenAIUpstream() as openai:
        openai.order(answers(200, {"data": []}, date="Sat, 01 Jan 2000 00:00:00 GMT"))
        status, found = await findings(tmp_path, **openai_at(openai.base_url, openai.key))
    assert (status, found["clock"]["state"]) == (1, "problem")
    assert "ahead of the providers' clocks" in found["clock"]["found"]
    assert "NTP" in found["clock"]["advice"]


async def test_a_server_that_leads_back_to_itself_is_found_without_an_edit(server: Server, tmp_path: Path) -> None:
    status, found = await findings(
        tmp_path,
        RETOUCH_DATA=str(server.data),
        RETOUCH_ENGINES__SELF__KIND="retouch",
        RETOUCH_ENGINES__SELF__BASE_URL=f"{server.url}/v1",
        RETOUCH_ENGINES__SELF__API_KEY=KEY,
        RETOUCH_PUBLIC_URL=server.url,
    )
    assert (status, found["self"]["found"]) == (1, "leads back to this server")
    assert found["self"]["advice"] == "give RETOUCH_ENGINES__SELF__BASE_URL the address of another server"
    assert found["public address"]["state"] == "ok"
    assert found["database"]["found"].endswith("its tables are up to date")
    assert found["API keys"]["state"] == "ok"
    assert "an object written, read and deleted" in found["storage"]["found"]
    assert not [file for file in server.files if "doctor" in file]


async def test_an_empty_database_a_migrated_one_and_one_that_is_away(
    tmp_path: Path, database_url: str, new_database: Any
) -> None:
    _, found = await findings(tmp_path, RETOUCH_DATABASE_URL=new_database("template0"))
    assert "is empty" in found["database"]["found"]
    status, found = await findings(tmp_path, RETOUCH_DATABASE_URL=database_url)
    assert (status, found["API keys"]["state"]) == (0, "warning")
    assert found["API keys"]["advice"] == "make one: retouch keys create"
    away = f"postgresql://retouch:secret-word@127.0.0.1:{free_port()}/retouch"
    status, found = await findings(tmp_path, RETOUCH_DATABASE_URL=away)
    assert (status, found["database"]["state"]) == (1, "problem")
    assert "Connection refused" in found["database"]["found"]
    assert "RETOUCH_DATABASE_URL" in found["database"]["advice"]
    assert "secret-word" not in json.dumps(found)


async def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be; a bucket whose server is away."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "objects").write_text("not a folder")
    status, found = await findings(tmp_path)
    assert (status, found["storage"]["state"]) == (1, "problem")
    assert "let the user that runs Retouch write there" in found["storage"]["advice"]
    (tmp_path / "data" / "objects").unlink()
    status, found = await findings(tmp_path, RETOUCH_STORAGE_URL="nothing://bucket")
    assert (status, found["storage"]["state"]) == (1, "problem")
    assert "RETOUCH_STORAGE_URL" in found["storage"]["advice"]


async def test_settings_that_mean_nothing_or_lead_nowhere(tmp_path: Path) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    status, found = await findings(tmp_path, RETOUCH_PROT="80", RETOUCH_PUBLIC_URL=gone)
    assert status == 0
    assert found["settings"]["found"] == "RETOUCH_PROT is no setting, and has no effect"
    assert found["settings"]["advice"] == "did you mean RETOUCH_PORT?"
    assert found["public address"]["state"] == "warning"
    assert gone in found["public address"]["found"]
    _, found = await findings(tmp_path, RETOUCH_HOST="0.0.0.0")  # noqa: S104
    assert found["public address"]["state"] == "warning"
    assert "RETOUCH_PUBLIC_URL" in found["public address"]["advice"]


async def test_a_default_that_nothing_serves(tmp_path: Path) -> None:
    status, found = await findings(tmp_path, RETOUCH_DEFAULT_ORDER='["seedream-v4"]')
    assert (status, found["default model"]["state"]) == (1, "problem")
    assert "set FAL_KEY" in found["default model"]["found"]


@pytest.mark.parametrize(("environment", "status"), [({}, 0), ({"RETOUCH_DEFAULT_ORDER": '["seedream-v4"]'}, 1)])
async def test_a_table_for_people(tmp_path: Path, environment: dict[str, str], status: int) -> None:
    """One line for each thing, nothing cut; the exit status tells scripts."""
    done = await doctor(tmp_path, **environment)
    assert done.returncode == status
    head, *lines = done.stdout.splitlines()
    assert head.split("  ")[0] == "check"
    line = next(line for line in lines if line.startswith("openai"))
    assert "off" in line
    assert "set OPENAI_API_KEY to use it" in line
