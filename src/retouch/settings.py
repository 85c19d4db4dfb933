"""File and environment into one frozen object.

Order, first match wins: environment (`RETOUCH_PORT`, nested `RETOUCH_LIMITS__BODY_MB`), the TOML file that
`RETOUCH_CONFIG` names, the defaults below. A bad value stops the start and names the setting.
"""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from retouch.admission.keys import OWN_ISSUER


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LimitSettings(_Section):
    """What a request may bring, and how long it may take to bring it."""

    body_mb: float = Field(96, gt=0)
    image_mb: float = Field(50, gt=0)
    images: int = Field(16, ge=1, le=64)
    megapixels: float = Field(40, gt=0, le=500)
    #: All uploads that one process holds in memory at a time.
    uploads_mb: float = Field(1024, gt=0)
    body_seconds: float = Field(120, gt=0)
    idle_seconds: float = Field(15, gt=0)


class CpuSettings(_Section):
    """The built-in editor `retouch-classic`."""

    #: Worker processes on this machine, shared out over the server's processes; 0 is one per core.
    workers: int = Field(0, ge=0)
    #: Seconds that one image may take before its worker is stopped.
    time_limit: float = Field(60, gt=0)
    #: Edits that may wait for a worker before new ones are answered 503.
    waiting: int = Field(64, ge=0)


class FetchSettings(_Section):
    """Pictures given as addresses."""

    enabled: bool = True
    #: Host names (optionally host:port) that may be read although their address is not public.
    allow_hosts: tuple[str, ...] = ()
    seconds: float = Field(20, gt=0)


class ModerationSettings(_Section):
    """Who judges prompts and pictures before an engine sees them."""

    #: `openai`; nobody unless set.
    by: str | None = None
    #: In place of the provider's own variable (OPENAI_API_KEY).
    api_key: SecretStr | None = None
    #: Includes /v1.
    base_url: str | None = None
    #: The provider's model.
    model: str | None = None
    #: Seconds that a verdict may take; without one nothing is edited.
    seconds: float = Field(20, gt=0)


class AccountSettings(_Section):
    """What accounts have and may ask for that have nothing of their own set."""

    #: Credits that a new account starts with.
    starting_credits: float = Field(0, ge=0, le=1_000_000_000)
    requests_per_minute: int | None = Field(None, ge=1)
    concurrent_edits: int | None = Field(None, ge=1)
    images_per_day: int | None = Field(None, ge=1)
    #: Credits that may be spent in all, refunds taken off.
    spend_cap: float | None = Field(None, ge=0)


class QueueSettings(_Section):
    """Projects: edits that are answered at once and made later."""

    #: Projects that a process runs at a time: all processes of `retouch serve` together, or one `retouch worker`.
    running: int = Field(8, ge=1, le=1000)
    #: Whether the server's own processes run projects; without it, `retouch worker` must.
    serve: bool = True


class UploadSettings(_Section):
    """Pictures that are handed in before the request that uses them."""

    #: Of one account, within seven days.
    quota_mb: float = Field(5000, gt=0)


class OutputSettings(_Section):
    """Finished pictures that are answered as links."""

    #: How long a signed link works. Outputs are kept at least as long.
    link_minutes: int = Field(60, ge=1)
    keep_hours: float = Field(24, gt=0)


class JwtSettings(_Section):
    """One issuer of tokens (JWT) that callers may present as bearers.

    Exactly one of `secret`, `public_key` and `jwks_url` proves its tokens; the algorithm follows from it.
    """

    #: What its tokens have as `iss` and `aud`, to the letter.
    issuer: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    #: HS256, at least 32 bytes.
    secret: SecretStr | None = None
    #: PEM: RSA is RS256, EC on P-256 is ES256, Ed25519 is EdDSA.
    public_key: str | None = None
    jwks_url: str | None = Field(None, pattern=r"^https?://[^\s/]")
    #: Seconds that its clock may be wrong.
    leeway: float = Field(30, ge=0, le=300)
    #: Make an account (free tier, zero balance, scope edit) for a subject that is not known.
    auto_create: bool = False

    @field_validator("issuer")
    @classmethod
    def _not_ours(cls, value: str) -> str:
        if value == OWN_ISSUER:
            raise ValueError(f"{OWN_ISSUER!r} is the issuer of Retouch's own tokens; give yours another name")
        return value

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if sum(proof is not None for proof in (self.secret, self.public_key, self.jwks_url)) != 1:
            raise ValueError("set exactly one of secret, public_key and jwks_url")
        return self


class Settings(BaseSettings):
    """Every setting of Retouch, with its default."""

    model_config = SettingsConfigDict(
        env_prefix="RETOUCH_", env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    data: Path = Path("data")
    workers: int = Field(1, ge=1, le=64)
    database_url: str | None = None
    storage_url: str | None = None
    public_url: str | None = None
    secret: str | None = Field(None, min_length=32)
    api_key: str | None = None
    config: Path | None = None
    #: Whether `retouch serve` prints a one-time link to the studio; unless said, only for a loopback address.
    sign_in_link: bool | None = None
    #: Seconds that SIGTERM gives to edits under way.
    grace_seconds: float = Field(30, ge=0)
    #: Seconds that an edit may take in all, waiting included.
    edit_seconds: float = Field(600, gt=0)
    #: Whether the next route is used when a provider fell silent after it was sent the edit (it may be paid twice).
    reroute_after_send: bool = False
    #: Seconds between heartbeats of a stream that is waiting.
    heartbeat_seconds: float = Field(5, gt=0)
    error_format: Literal["openai", "flat", "message"] = "openai"
    #: GET /metrics answers off loopback only when this is on.
    metrics_public: bool = False
    #: The model of a request that names none, or `default`: the first of these that is available.
    default_order: tuple[str, ...] = ("retouch-classic",)
    limits: LimitSettings = LimitSettings()
    accounts: AccountSettings = AccountSettings()
    cpu: CpuSettings = CpuSettings()
    fetch: FetchSettings = FetchSettings()
    moderation: ModerationSettings = ModerationSettings()
    queue: QueueSettings = QueueSettings()
    uploads: UploadSettings = UploadSettings()
    outputs: OutputSettings = OutputSettings()
    #: Issuers of tokens that callers may present as bearers: [[jwt]] tables.
    jwt: tuple[JwtSettings, ...] = ()
    #: What each engine is told, by engine and name (RETOUCH_ENGINES__OPENAI__BASE_URL). `running` and `waiting` are
    #: the places that Retouch itself gives an engine on this machine.
    engines: dict[str, dict[str, Any]] = {}
    #: Entries that extend or override the catalogue (routing/models.toml), by model id.
    models: dict[str, dict[str, Any]] = {}

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value and value.rstrip("/")

    @field_validator("jwt")
    @classmethod
    def _usable_issuers(cls, value: tuple[JwtSettings, ...]) -> tuple[JwtSettings, ...]:
        if len({entry.issuer for entry in value}) != len(value):
            raise ValueError("two entries have the same issuer")
        if value:
            from retouch.admission import verifiers  # noqa: PLC0415 - loads cryptography, which few need

            for entry in value:
                if entry.secret:
                    verifiers.of_secret(entry.secret.get_secret_value())
                if entry.public_key:
                    verifiers.of_pem(entry.public_key)
        return value

    @field_validator("api_key")
    @classmethod
    def _long_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value) < 32:
            raise ValueError("RETOUCH_API_KEY must have at least 32 characters, so that it cannot be guessed")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was typed on the command line, then the environment, then the TOML file."""
        del dotenv_settings, file_secret_settings
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if file := os.environ.get("RETOUCH_CONFIG"):
            Path(file).open("rb").close()  # a file that is named has to be there: a wrong name must not mean defaults
            sources += (TomlConfigSettingsSource(settings_cls, toml_file=file),)
        return sources
