"""TLS with certificates on both sides (PS3.15, B.12: version 1.2 or later)."""

import ssl

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.node.config import TlsFiles


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what makes callers show a certificate that the authority signed.

    Raises:
        ConfigError: If the files are no certificates, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _with_files(context, files)


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what shows this node's certificate, and takes a host's only if it names the host.

    Raises:
        ConfigError: As `server_context`.
    """
    return _with_files(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)


def _with_files(context: ssl.SSLContext, files: TlsFiles) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(files.authority)
        context.load_cert_chain(files.certificate, files.key)
    except (ssl.SSLError, OSError) as error:
        msg = "the files of [tls] are no PEM certificates with their key, or cannot be read; check all three"
        raise ConfigError(msg) from error
    return context
