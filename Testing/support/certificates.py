"""Certificates of an authority made up for a test, for a client or server on this machine."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificates(folder: Path, *names: str) -> dict[str, dict[str, str]]:
    """For each name the files of `[tls]`: certificate and key in its name, and the authority of all of them."""

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def write(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
        path.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.with_suffix(".key").write_bytes(private)
        return path.with_suffix(".crt"), path.with_suffix(".key")

    def certificate(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key, is_authority: bool):
        now = dt.datetime.now(dt.UTC)
        places = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName(places), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(issuer_key, hashes.SHA256())
        )

    folder.mkdir(parents=True, exist_ok=True)
    root = ec.generate_private_key(ec.SECP256R1())
    authority, _ = write(
        folder / "authority", certificate("authority", root, "authority", root, is_authority=True), root
    )
    files = {}
    for name in names:
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(name, key, "authority", root, is_authority=False)
        own, private = write(folder / name, made, key)
        files[name] = {"certificate": str(own), "key": str(private), "authority": str(authority)}
    return files
