"""The official Magic Hour SDK, unmodified: from local files to downloaded images."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import magic_hour
import pytest

from retouch.domain.resolution import AccountTier
from retouch.stores.database import Database
from support.images import decoded, encoded, photo
from support.money import account_of, balanced, customer
from support.server import Server, running_server
from upstreams.fal import FalUpstream
from upstreams.fal_endings import Ending, model_error

SOURCE = photo(320, 240)


@pytest.fixture(scope="module")
async def fal() -> AsyncIterator[FalUpstream]:
    """The stand-in for fal, which repaints what it is shown."""
    async with FalUpstream(repaints=True) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def url(new_database: Any) -> str:
    made: str = new_database()
    return made


@pytest.fixture(scope="module")
async def server(fal: FalUpstream, url: str) -> AsyncIterator[Server]:
    """A server with fal behind it. It starts in a thread, so that the stand-in can answer meanwhile."""
    settings = {
        "RETOUCH_DATABASE_URL": url,
        "FAL_KEY": fal.key,
        "RETOUCH_ENGINES__FAL__BASE_URL": fal.root,
        "RETOUCH_ENGINES__FAL__REST_URL": fal.root,
        "RETOUCH_ENGINES__FAL__POLL_SECONDS": "0.01",
    }
    running = running_server(settings)
    server = await asyncio.to_thread(running.__enter__)
    yield server
    await asyncio.to_thread(running.__exit__, None, None, None)


@pytest.fixture
async def database(url: str, server: Server) -> AsyncIterator[Database]:
    async with balanced(url) as database:
        yield database


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads this for its pause between two polls."""
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.05")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(SOURCE))
    return str(path)


async def generate(server: Server, key: str, **given: Any) -> Any:
    """`generate` of the SDK, in a thread."""

    def run() -> Any:
        with httpx.Client(timeout=60) as http:  # the SDK does not close the one that it makes itself
            client = magic_hour.Client(base_url=server.url, token=key, httpx_client=http)
            return client.v1.ai_image_editor.generate(**given)

    return await asyncio.to_thread(run)


async def test_local_files_to_downloads_on_the_built_in_editor(
    server: Server, database: Database, file: str, tmp_path: Path
) -> None:
    """A credit for the image, which is on the disk in the end, in its own size."""
    who = await customer(database, 10, tier=AccountTier.PRO)
    done = await generate(
        server,
        who.key,
        assets={"image_file_paths": [file]},
        style={"prompt": "make it brighter"},
        name="my picture",
        download_directory=str(tmp_path),
    )
    assert (done.status, done.name, done.type_, done.image_count) == ("complete", "my picture", "AI_IMAGE_EDITOR", 1)
    assert (done.credits_charged, done.total_frame_cost, done.error, done.enabled) == (1, 1, None, True)
    (path,) = done.downloaded_paths
    picture = decoded(Path(path).read_bytes(), "RGB")
    assert picture.shape == SOURCE.shape
    assert picture.mean() > SOURCE.mean()
    assert (await account_of(database, who)).balance == 9_000_000


async def test_the_deprecated_form_with_one_picture(
    server: Server, database: Database, file: str, tmp_path: Path
) -> None:
    """As the Node SDK sends it still."""
    who = await customer(database, 10)
    done = await generate(
        server,
        who.key,
        assets={"image_file_path": file},
        style={"prompt": "make it brighter", "model": "default"},
        download_directory=str(tmp_path),
    )
    assert done.status == "complete"
    # The tier free has 640 pixels.
    assert decoded(Path(done.downloaded_paths[0]).read_bytes()).shape[:2] == (480, 640)


async def test_four_images_of_a_fal_model_each_in_a_file_of_its_own(
    server: Server, database: Database, fal: FalUpstream, file: str, tmp_path: Path
) -> None:
    """The exact resolution and aspect asked for, at the price that the catalogue says."""
    who = await customer(database, 1000, tier=AccountTier.PRO)
    done = await generate(
        server,
        who.key,
        assets={"image_file_paths": [file]},
        style={"prompt": "the same at dusk"},
        model="seedream-v4",
        image_count=4.0,
        resolution="2k",
        aspect_ratio="16:9",
        download_directory=str(tmp_path),
    )
    assert done.status == "complete"
    assert done.credits_charged == 4 * 60
    assert len(set(done.downloaded_paths)) == 4
    pictures = [decoded(Path(path).read_bytes(), "RGB") for path in done.downloaded_paths]
    assert {picture.shape for picture in pictures} == {(1152, 2048, 3)}
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert any("seedream" in seen.path for seen in fal.seen)


async def test_an_edit_that_fails_is_an_error_with_its_refund(
    server: Server, database: Database, fal: FalUpstream, file: str
) -> None:
    """The SDK raises nothing: the project says what happened, and costs nothing."""
    who = await customer(database, 1000, tier=AccountTier.PRO)
    fal.endings.append(model_error("content_policy_violation", "Not this."))
    done = await generate(
        server, who.key, assets={"image_file_paths": [file]}, style={"prompt": "the same"}, model="seedream-v4"
    )
    assert done.status == "error"
    assert done.error.code == "content_policy_violation"
    assert done.error.message
    assert (done.credits_charged, done.downloads) == (0, [])
    assert (await account_of(database, who)).balance == 1_000_000_000


async def test_images_that_are_missing_are_paid_back(
    server: Server, database: Database, fal: FalUpstream, file: str, tmp_path: Path
) -> None:
    """Of four images one was not made."""
    who = await customer(database, 1000, tier=AccountTier.PRO)
    fal.endings.append(Ending(images=3))
    done = await generate(
        server,
        who.key,
        assets={"image_file_paths": [file]},
        style={"prompt": "the same"},
        model="nano-banana",
        image_count=4.0,
        download_directory=str(tmp_path),
    )
    assert done.status == "complete"
    assert (done.image_count, len(done.downloaded_paths), done.credits_charged) == (4, 3, 150)
    assert (await account_of(database, who)).balance == 850_000_000


async def test_errors_of_the_create_call(server: Server, database: Database, file: str) -> None:
    """Status and text as the SDK's users know them."""
    poor = await customer(database, 0)
    with pytest.raises(Exception, match="402") as unpaid:
        await generate(server, poor.key, assets={"image_file_paths": [file]}, style={"prompt": "make it warmer"})
    assert unpaid.value.response.json() == {"message": "Account balance is too low for this operation"}  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="401") as unknown:
        await generate(server, "no-such-key", assets={"image_file_paths": [file]}, style={"prompt": "x"})
    assert unknown.value.response.json() == {"message": "Unauthorized"}  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="403") as tier:
        await generate(
            server,
            poor.key,
            assets={"image_file_paths": [file]},
            style={"prompt": "make it warmer"},
            resolution="4k",
        )
    assert "free" in tier.value.response.json()["message"]  # type: ignore[attr-defined]


async def test_delete_and_links(server: Server, database: Database, file: str) -> None:
    """Links are signed anew at each GET; after DELETE the images are gone and the project says so."""
    who = await customer(database, 10)
    done = await generate(
        server,
        who.key,
        assets={"image_file_paths": [file]},
        style={"prompt": "make it brighter"},
        download_outputs=False,
    )
    (link,) = [download.url for download in done.downloads]
    http = httpx.Client(timeout=60)
    projects = magic_hour.Client(base_url=server.url, token=who.key, httpx_client=http).v1.image_projects
    async with httpx.AsyncClient(trust_env=False) as plain:
        assert decoded((await plain.get(link)).content).shape[:2] == (480, 640)
        await asyncio.to_thread(projects.delete, id=done.id)
        deadline = asyncio.get_running_loop().time() + 30
        while (await plain.get(link)).status_code != 404:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
    gone = await asyncio.to_thread(projects.get, id=done.id)
    await asyncio.to_thread(http.close)
    assert (gone.enabled, gone.downloads, gone.credits_charged) == (False, [], 1)
    assert not [name for name in server.files if done.id in name]
