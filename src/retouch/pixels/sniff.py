"""What a file is, told by its first bytes alone: names and content types are never trusted."""

from retouch.domain.picture import Buffer

#: The formats that are read, in the words of `Picture.format`.
READABLE = ("png", "jpeg", "webp", "gif", "tiff", "bmp", "avif", "heic")
ALLOWED = "PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF and HEIC are allowed"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)
_BMP_HEADERS = {size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124)}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"II+\x00", "a BigTIFF"),
    (b"MM\x00+", "a BigTIFF"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"qoif", "a QOI"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"iVBORw0KGgo", "a base64 text"),
    (b"/9j/", "a base64 text"),
    (b"UklGR", "a base64 text"),
    (b"R0lGOD", "a base64 text"),
    (b"data:", "a data URL sent as a file"),
    (b"http://", "a URL sent as a file"),
    (b"https://", "a URL sent as a file"),
    (b"P7", "a netpbm picture"),
    (b"P6", "a netpbm picture"),
    (b"P5", "a netpbm picture"),
)


def sniff(data: Buffer) -> str | None:
    """The format by content: one of READABLE, or None for anything else."""
    head = bytes(memoryview(data)[:64])
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"BM") and head[14:18] in _BMP_HEADERS:
        return "bmp"
    return _sniff_heif(head) if head[4:8] == b"ftyp" else None


def _sniff_heif(head: bytes) -> str | None:
    """AVIF and HEIC share a container: the brands tell them apart, also the compatible ones behind `mif1`."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    if _AVIF_BRANDS & set(brands):
        return "avif"
    return "heic" if _HEIC_BRANDS & set(brands) else None


def guess(data: Buffer) -> str:
    """What an unreadable file looks like, for the sentence that refuses it."""
    head = bytes(memoryview(data)[:256])
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return "a video"
    return _guess_text(head.lstrip(b"\xef\xbb\xbf \t\r\n").lower())


def _guess_text(text: bytes) -> str:
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "an HTML page"
    if text.startswith(b"<svg") or b"<svg" in text:
        return "an SVG drawing"
    if text.startswith(b"<"):
        return "an XML file"
    if text.startswith((b"{", b"[")):
        return "a JSON text"
    if text and all(byte in _PRINTABLE for byte in text):
        return "a text"
    return "none of the known picture formats"


_PRINTABLE = frozenset(range(32, 127)) | {9, 10, 13}
