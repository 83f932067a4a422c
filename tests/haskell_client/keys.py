"""Certificates, keys and credentials, made with openssl."""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Authority:
    """Signs certificates; all files are in one folder."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def sign(self, name: str, names: str) -> tuple[Path, Path]:
        """Return the files of a certificate for these names, and of its key."""
        key, request, extensions = (self.folder / f"{name}.{end}" for end in ("key", "csr", "ext"))
        signed = self.folder / f"{name}.pem"
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / f"{self.name}.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", signed,
        )  # fmt: skip
        return signed, key


def authority(folder: Path, name: str) -> Authority:
    folder.mkdir(exist_ok=True)
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
        "-days", "2", "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    return Authority(folder, name)


@dataclass(frozen=True)
class Key:
    """An nkey: what it is called, its seed, and a file that openssl signs with."""

    public: str
    seed: str
    file: Path

    def token(self, subject: str, name: str, claims: dict[str, object]) -> str:
        """Return a JWT about a key, signed by this one."""
        header = {"typ": "JWT", "alg": "ed25519-nkey"}
        body = {"jti": name, "iat": 1700000000, "iss": self.public, "sub": subject, "name": name, "nats": claims}
        text = ".".join(_url(json.dumps(part).encode()) for part in (header, body))
        message = self.file.with_suffix(".message")
        message.write_bytes(text.encode())
        return f"{text}.{_url(openssl('pkeyutl', '-sign', '-rawin', '-inkey', self.file, '-in', message))}"


def nkey(folder: Path, kind: str) -> Key:
    """Make a key of an operator, account or user: O, A, U."""
    file = folder / f"{kind}.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", file)
    secret = openssl("pkey", "-in", file, "-outform", "DER")[-32:]
    public = openssl("pkey", "-in", file, "-pubout", "-outform", "DER")[-32:]
    prefix = {"O": 14, "A": 0, "U": 20}[kind] << 3
    seed = bytes([(18 << 3) | (prefix >> 5), (prefix & 31) << 3]) + secret
    return Key(_checked(bytes([prefix]) + public), _checked(seed), file)


def credentials(jwt: str, seed: str) -> str:
    lines = ("-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------", "")
    return "\n".join((*lines, "-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------", ""))


def _checked(data: bytes) -> str:
    return base64.b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
