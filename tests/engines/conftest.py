"""The client that engines share, and the proof that nothing of it is left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from retouch.engines.upstream import Client


@pytest.fixture
async def client(no_task_left: None) -> AsyncIterator[Client]:
    """An open client."""
    async with Client() as client:
        yield client


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fails a test after which a task still runs, once everything has been closed."""
    before = asyncio.all_tasks()
    yield
    for _ in range(20):  # what was cancelled ends within a few turns of the loop
        await asyncio.sleep(0)
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()
