"""Signing in to the pages: one-time links, sessions in a cookie, and when a cookie counts.

A link carries its token in the URL's fragment, which no server and no log ever sees; the page exchanges it by POST.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from retouch.admission.keys import Caller, KnownKey, hash_key

#: A sign-in link works once, and so long.
LINK_LASTS = timedelta(minutes=10)
#: A session ends so long after it was last used.
SESSION_LASTS = timedelta(hours=12)

_LONGEST = 512


class SessionStore(Protocol):
    """Where links and sessions are kept. Behind each stands a key, which says what it may do."""

    async def find(self, digest: str, lasts: timedelta, /) -> KnownKey | None:
        """The key behind the session with this hash, if neither has ended; the session now lasts so much longer."""
        ...

    async def open_by_link(self, link: str, digest: str, lasts: timedelta, /) -> bool:
        """Use a link up for a new session; False when the link is worth nothing."""
        ...

    async def open_by_key(self, key_id: str, digest: str, lasts: timedelta, /) -> None:
        """Keep a new session of a key."""
        ...

    async def end(self, digest: str, /) -> None:
        """Sign out."""
        ...


class LinkStore(Protocol):
    """Where links are kept when they are made."""

    async def add_link(self, digest: str, account_id: str, lasts: timedelta, /) -> None:
        """Keep a link by its hash."""
        ...


async def new_link(store: LinkStore, base_url: str, account_id: str) -> str:
    """The address that signs a person in to the account, once, within ten minutes. It is kept nowhere."""
    token = secrets.token_urlsafe(32)
    await store.add_link(hash_key(token), account_id, LINK_LASTS)
    return f"{base_url}/studio/#sign-in={token}"


async def exchange_link(store: SessionStore, token: str) -> str | None:
    """The cookie of a new session for a link's token; None when the token is unknown, used up or too old."""
    if not 0 < len(token) <= _LONGEST:
        return None
    cookie = secrets.token_urlsafe(32)
    return cookie if await store.open_by_link(hash_key(token), hash_key(cookie), SESSION_LASTS) else None


async def exchange_key(store: SessionStore, key_id: str) -> str:
    """The cookie of a new session that may do what the key may, and ends with it."""
    cookie = secrets.token_urlsafe(32)
    await store.open_by_key(key_id, hash_key(cookie), SESSION_LASTS)
    return cookie


async def find_session(store: SessionStore, cookie: str) -> Caller | None:
    """Who is signed in by this cookie."""
    known = await store.find(hash_key(cookie), SESSION_LASTS) if 0 < len(cookie) <= _LONGEST else None
    return Caller.of(known) if known else None


async def end_session(store: SessionStore, cookie: str) -> None:
    """Sign out; a cookie that is worth nothing is no error."""
    if 0 < len(cookie) <= _LONGEST:
        await store.end(hash_key(cookie))


def same_origin(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Whether a browser says that a page of ours sent this; only then does a cookie count.

    `sec-fetch-site` decides where it is there, then `origin`. Browsers send the first only to addresses that they
    trust (https, this machine) and the second not with a GET, so for a GET in a plain network the page's own
    address (`referer`) has to do: no page of another site can set any of the three.
    """
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    if origin := headers.get("origin"):
        return origin in origins
    page = urlsplit(headers.get("referer", ""))
    return bool(page.netloc) and f"{page.scheme}://{page.netloc}" in origins
