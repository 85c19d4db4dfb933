"""An application/json body: OpenAI's form (objects with `image_url`) and the plain one (strings) alike."""

import asyncio

from retouch.domain.errors import Code, RetouchError, invalid, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.units import MB
from retouch.wire.form.body import Body
from retouch.wire.form.bounds import FormBounds, Lease
from retouch.wire.form.cut import LongString, parse_object
from retouch.wire.form.draft import Draft
from retouch.wire.form.fields import Role, Slot, no_file_id, slot_of, unknown
from retouch.wire.form.pictures import text_picture

#: A short body of nothing but brackets takes ten milliseconds; a thread costs a tenth of one.
_THREAD_ABOVE = MB // 4


async def fill_from_json(draft: Draft, body: Body, bounds: FormBounds, lease: Lease) -> None:
    """Read a JSON body to its end into `draft`. Null and "" mean absent, in lists too.

    Raises RetouchError for what the body, a name or a value does not allow; and what `Body.piece` raises.
    """
    data = bytearray()
    while piece := await body.piece():
        data += piece
    found = await asyncio.to_thread(parse_object, data) if len(data) > _THREAD_ABOVE else parse_object(data)
    for name, value in found.items():
        slot = slot_of(name)
        if _absent(value):
            continue
        if slot.role is Role.UNKNOWN:
            raise unknown(name)
        if slot.role is Role.SCALAR:
            draft.set_scalar(slot, _scalar(slot, value, bounds))
        else:
            await _add_pictures(draft, slot, value, bounds, lease)
    lease.give(body.size)


def _absent(value: object) -> bool:
    return value is None or value == ""


def _scalar(slot: Slot, value: object, bounds: FormBounds) -> object:
    if not isinstance(value, LongString):
        return value
    if len(value) > bounds.text_bytes:
        raise RetouchError(
            Code.PAYLOAD_TOO_LARGE, f"`{slot.name}` is longer than {bounds.text_bytes} bytes.", param=slot.name
        )
    try:
        return value.text()
    except ValueError:
        raise invalid(slot.name, f"`{slot.name}` is not a valid JSON string.") from None


async def _add_pictures(draft: Draft, slot: Slot, value: object, bounds: FormBounds, lease: Lease) -> None:
    many = isinstance(value, list)
    for position, item in enumerate(value if isinstance(value, list) else [value]):
        if _absent(item):
            continue
        label = f"{slot.base}[{position}]" if many and slot.role is Role.IMAGE else slot.name
        text = _text(label, item)
        raw = await asyncio.to_thread(_raw, label, text) if len(text) > _THREAD_ABOVE else _raw(label, text)
        picture = await text_picture(label, raw, bounds.image_bytes, binary=False)
        lease.take(len(picture.data or b""))
        draft.add_picture(slot, picture)


def _text(label: str, value: object) -> str | LongString:
    """The text of a picture: a string, {"image_url": string} or {"image_url": {"url": string}}."""
    for key in ("image_url", "url"):
        if isinstance(value, dict):
            if key == "image_url" and value.get("file_id") is not None:
                raise no_file_id(label)
            if [name for name, held in value.items() if held is not None] != [key]:
                raise invalid(label, f'`{label}`: an object must be {{"image_url": "..."}} and nothing else.')
            value = value[key]
    if isinstance(value, str | LongString):
        return value
    raise invalid(label, f'`{label}` must be base64, a data URL, an address, or {{"image_url": "..."}}.')


def _raw(label: str, text: str | LongString) -> Buffer:
    try:
        return text.raw() if isinstance(text, LongString) else text.encode("utf-8")
    except ValueError:
        raise invalid_image(label, f"`{label}` is not a valid JSON string.") from None
