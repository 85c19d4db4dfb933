"""What the routes are given."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from retouch.admission import verifiers
from retouch.admission.key_sets import KeySet
from retouch.admission.remembered import RememberedKeys
from retouch.admission.tokens import Issuer, Tokens
from retouch.admission.uses import Uses
from retouch.app.addresses import WEBHOOK_SECONDS, addresses
from retouch.app.storage import keep, signing_secrets
from retouch.app.works import Works
from retouch.domain.model import MICRO
from retouch.domain.units import MB
from retouch.projects import Uploading
from retouch.settings import JwtSettings, Settings
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.credits import Credits
from retouch.stores.database import Database
from retouch.stores.identities import Identities
from retouch.stores.sessions import Sessions
from retouch.stores.traffic import Traffic
from retouch.stores.uploads import Uploads
from retouch.stores.webhooks import Webhooks
from retouch.wire.form import Budget, FormBounds
from retouch.wire.parts import Parts


async def open_parts(settings: Settings, stack: AsyncExitStack, works: Works) -> Parts:
    """Open every part, in an order in which `stack` can close them."""
    database, objects = works.database, works.objects
    keys, secrets = ApiKeys(database), await signing_secrets(settings, database)
    uses = Uses(keys)
    stack.push_async_callback(uses.flush_or_log)
    stack.callback(asyncio.create_task(uses.keep_flushing()).cancel)
    limits = settings.limits
    return Parts(
        editing=works.editing,
        chooser=works.editing.chooser,
        projects=works.projects,
        uploading=Uploading(
            Uploads(database),
            objects,
            max_bytes=int(settings.limits.image_mb * MB),
            quota=int(settings.uploads.quota_mb * MB),
        ),
        keys=keys,
        known_keys=RememberedKeys(keys),
        tokens=Tokens(keys, Identities(database), [_issuer(entry) for entry in settings.jwt], secrets),
        uses=uses,
        sessions=Sessions(database),
        ledger=works.ledger,
        accounts=Accounts(database),
        credits=Credits(database),
        traffic=Traffic(database),
        webhooks=Webhooks(database),
        addresses=addresses(settings, WEBHOOK_SECONDS),
        objects=objects,
        secrets=secrets,
        ready=_ready(database),
        bounds=FormBounds(
            body_bytes=int(limits.body_mb * MB),
            image_bytes=int(limits.image_mb * MB),
            images=limits.images,
            body_seconds=limits.body_seconds,
            idle_seconds=limits.idle_seconds,
        ),
        budget=Budget(int(limits.uploads_mb * MB)),
        public_url=settings.public_url,
        link_seconds=settings.outputs.link_minutes * 60,
        keep_seconds=keep(settings).total_seconds(),
        starting_balance=round(settings.accounts.starting_credits * MICRO),
        heartbeat_seconds=settings.heartbeat_seconds,
        metrics_public=settings.metrics_public,
        default_error_format=settings.error_format,
    )


def _issuer(own: JwtSettings) -> Issuer:
    if own.secret:
        keys: verifiers.Verifier | KeySet = verifiers.of_secret(own.secret.get_secret_value())
    elif own.public_key:
        keys = verifiers.of_pem(own.public_key)
    else:
        assert own.jwks_url, "one of the three is set"  # noqa: S101
        keys = KeySet(own.jwks_url)
    return Issuer(name=own.issuer, audience=own.audience, keys=keys, leeway=own.leeway, auto_create=own.auto_create)


def _ready(database: Database) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        await database.run(b"select 1")

    return ready
