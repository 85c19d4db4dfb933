"""Header values with parameters (Content-Type, Content-Disposition), as browsers, SDKs and curl write them."""

import re
from urllib.parse import unquote_to_bytes

#: RFC 9110's quoted-string with its escapes, or a token; browsers leave other characters unescaped, so anything goes.
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]+))', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')


def parse(value: str) -> tuple[str, dict[str, str]]:
    """The value before the first semicolon and the parameters after it, both names in lower case.

    A parameter's first mention counts. `name*=utf-8''...` (RFC 5987) is decoded under its plain name and wins over
    it. Only `\\"` and `\\\\` are escapes: old browsers send Windows paths unescaped.
    """
    main, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    extended: dict[str, str] = {}
    for match in _PARAMETER.finditer(value, len(main)):
        name = match[1].lower()
        text = _ESCAPE.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        if name.endswith("*"):
            if (decoded := _extended(text)) is not None:
                extended.setdefault(name[:-1], decoded)
        else:
            plain.setdefault(name, text)
    return main.strip().lower(), {**plain, **extended}


def _extended(text: str) -> str | None:
    charset, _, rest = text.partition("'")
    _, _, encoded = rest.partition("'")
    try:
        return unquote_to_bytes(encoded).decode("latin-1" if charset.lower() == "iso-8859-1" else "utf-8")
    except UnicodeDecodeError:
        return None
