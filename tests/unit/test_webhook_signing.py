"""Signatures of webhooks, as receivers check them."""

import hashlib
import hmac
import re

from retouch.domain.webhook import new_secret, signed

#: The example of the Standard Webhooks specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_the_signature_is_that_of_standard_webhooks() -> None:
    headers = signed(ID, AT, BODY, [SECRET])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (ID, "1614265330")


def test_magic_hours_own_signature_is_hexadecimal_over_timestamp_and_body() -> None:
    """Its guide: HMAC-SHA256 keyed by the secret as it is shown."""
    headers = signed(ID, AT, BODY, [SECRET])
    expected = hmac.new(SECRET.encode(), f"{AT}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert headers["magic-hour-event-signature"] == expected
    assert headers["magic-hour-event-timestamp"] == str(AT)


def test_while_secrets_are_rotated_both_sign() -> None:
    """Receivers accept a message if any of the signatures is right."""
    former, now = SECRET, new_secret()
    both = signed(ID, AT, BODY, [now, former])["webhook-signature"].split(" ")
    assert both == [signed(ID, AT, BODY, [key])["webhook-signature"] for key in (now, former)]


def test_a_secret_is_long_and_new() -> None:
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", new_secret())
    assert new_secret() != new_secret()
