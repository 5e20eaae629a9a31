"""An OpenID provider for tests: a real HTTP server that tells the truth until a test has it lie."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

CLIENT, SECRET = "lictor-at-halden", "s3cret with: signs+%"
DROP = object()
Reply = tuple[int, dict[str, str], bytes]


@cache
def rsa(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def ec(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@cache
def weak(name: str) -> dict[str, str]:
    """Give a public key of 1,024 bits, as a provider would publish it."""
    numbers = generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "kid": name, "e": "AQAB", "n": part(numbers.n.to_bytes(128, "big"))}


def part(said: Any) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], payload: bytes, key: Key) -> str:
    """Sign, whatever the header says besides: an honest library would not make some of these."""
    if isinstance(key, RSAKey) and header["alg"] == "RS256":
        text = f"{part(header)}.{part(payload)}"
        return f"{text}.{part(key.private_key.sign(text.encode(), PKCS1v15(), SHA256()))}"
    return jws.serialize_compact(header, payload, key, algorithms=[header["alg"]])


def unsigned(claims: dict[str, Any]) -> str:
    return f"{part({'alg': 'none'})}.{part(claims)}."


def with_the_public_key_as_secret(claims: dict[str, Any]) -> str:
    """Sign by HMAC with the provider's public key, which everybody has, as the shared secret."""
    text = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    return f"{text}.{part(hmac.new(rsa('k1').as_pem(private=False), text.encode(), hashlib.sha256).digest())}"


@dataclass
class Granted:
    """What a code stands for."""

    nonce: str
    challenge: str
    redirect_uri: str
    redeemed: bool = False


@dataclass
class Provider:
    """The provider. Its knobs are the lies: what it publishes, what it claims, how it signs, how it answers."""

    now: Callable[[], datetime]
    who: dict[str, Any] = field(default_factory=lambda: {
        "sub": "u-1", "name": "Nora Lind", "email": "nora@halden.example", "email_verified": True, "groups": [],
    })  # fmt: skip
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [rsa("k1").as_dict(private=False)])
    sign: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    authorized: dict[str, str] = field(default_factory=dict)
    checks_code: bool = True
    codes: dict[str, Granted] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._tell(provider.reply(urlsplit(self.path).path, b"", ""))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                self._tell(provider.reply(self.path, body, self.headers.get("authorization", "")))

            def _tell(self, reply: Reply) -> None:
                status, headers, body = reply
                try:
                    self.send_response(status)
                    for name, value in {"Content-Type": "application/json", **headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked did not wait

            def log_message(self, *_said: Any) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_error: object) -> None:
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def tell_the_truth(self) -> None:
        """Stop lying."""
        self.metadata, self.claims, self.answers, self.authorized = {}, {}, {}, {}
        self.sign, self.checks_code = None, True
        self.keys = [rsa("k1").as_dict(private=False)]

    def authorize(self, address: str) -> dict[str, str]:
        """Do as a person who signs in there: give what the browser is sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self.codes)}"
        self.codes[code] = Granted(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"], "iss": self.issuer, **self.authorized}

    def reply(self, path: str, body: bytes, authorization: str) -> Reply:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]()
        if path == "/.well-known/openid-configuration":
            return 200, {}, json.dumps(self._configuration()).encode()
        if path == "/keys":
            return 200, {}, json.dumps({"keys": self.keys}).encode()
        if path == "/token":
            return self._redeem({k: v[0] for k, v in parse_qs(body.decode()).items()}, authorization)
        return 404, {}, b"{}"

    def token(self, nonce: str) -> str:
        """Give an ID token, true but for what the knobs say."""
        now = int(self.now().timestamp())
        told = {
            "iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce, "auth_time": now,
            **self.who, **self.claims,
        }  # fmt: skip
        told = {name: value for name, value in told.items() if value is not DROP}
        if self.sign is not None:
            return self.sign(told)
        return signed({"alg": "RS256", "kid": "k1", "typ": "JWT"}, json.dumps(told).encode(), rsa("k1"))

    def logout_token(self, **claims: Any) -> str:
        now = int(self.now().timestamp())
        told = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "j-1", "sub": "u-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, **claims,
        }  # fmt: skip
        told = {name: value for name, value in told.items() if value is not DROP}
        return signed({"alg": "RS256", "kid": "k1", "typ": "logout+jwt"}, json.dumps(told).encode(), rsa("k1"))

    def _configuration(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?tenant=7",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout", "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not DROP}

    def _redeem(self, fields: dict[str, str], authorization: str) -> Reply:
        granted = self.codes.get(fields.get("code", ""))
        if granted is None:
            return 400, {}, b'{"error": "invalid_grant"}'
        verifier = hashlib.sha256(fields["code_verifier"].encode()).digest()
        proved = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == granted.challenge
        known = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        ours = [unquote_plus(each) for each in known] == [CLIENT, SECRET]
        right = proved and ours and not granted.redeemed and fields["redirect_uri"] == granted.redirect_uri
        if self.checks_code and not right:
            return 400, {}, b'{"error": "invalid_grant"}'
        granted.redeemed = True
        said = {"access_token": "unused", "token_type": "Bearer", "id_token": self.token(granted.nonce)}
        return 200, {}, json.dumps(said).encode()
