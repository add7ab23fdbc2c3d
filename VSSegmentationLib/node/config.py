"""What one TOML file says of a node; docs/hospital.md explains every key."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from VSSegmentationLib.codec import from_plain, read_toml_file
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.imageio.scan import Modality

Weighting = Literal["T2", "ceT1", "T1", "MR"]
Sent = Literal["dicom-seg", "dicom-sr", "dicom-pdf", "dicom-key-image"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _require(fits: bool, sentence: str) -> None:
    if not fits:
        raise ConfigError(sentence)


def _require_port(port: int | None, key: str) -> None:
    _require(port is None or 0 <= port < 2**16, f"{key} must be a number from 0 to 65535")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets that do not fit, or a port that is no number
        return False


def _require_not_negative(of: object, section: str) -> None:
    """See that no number of a section is below zero: each is a time, a size or a count."""
    for key, value in vars(of).items():
        if isinstance(value, int | float):
            _require(value >= 0, f"{section}.{key} must be 0 or more, got {value:g}")


@dataclass(frozen=True, kw_only=True)
class TlsFiles:
    """PEM files of this node: what it shows to others, and by whom theirs have to be signed."""

    certificate: Path
    key: Path
    authority: Path

    def __post_init__(self) -> None:
        for path in (self.certificate, self.key, self.authority):
            _require(path.is_absolute() and path.is_file(), "each file of [tls] must be there, by its whole path")


@dataclass(frozen=True, kw_only=True)
class Receive:
    """Where this node listens."""

    ae_title: str = "VSSEG"
    address: str = "127.0.0.1"
    port: int = 11112
    """0 takes any free one."""
    tls: bool = False
    associations: int = 20
    """At a time."""

    def __post_init__(self) -> None:
        _require_ae_title(self.ae_title, "receive.ae_title")
        _require_not_negative(self, "receive")
        _require_port(self.port, "receive.port")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another DICOM application: the only ones that may send, and where results go."""

    name: str
    """In logs, in rules and on the health page."""
    ae_title: str
    host: str
    port: int
    tls: bool = False
    sends: bool = True
    addresses: tuple[str, ...] = ()
    """Networks it may call from, such as 10.1.0.0/16; none allows any."""
    counts: bool = False
    """Whether it is asked by C-FIND how many images a series has."""
    results_to: str | None = None
    """Another peer or server for the results of what it sends."""

    def __post_init__(self) -> None:
        _require_name(self.name)
        _require_ae_title(self.ae_title, f"peer {self.name}: ae_title")
        _require_port(self.port, f"peer {self.name}: port")
        for network in self.addresses:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                msg = f"peer {self.name}: addresses must be networks such as 10.1.0.0/16"
                raise ConfigError(msg) from error


@dataclass(frozen=True, kw_only=True)
class Server:
    """A DICOMweb server that is watched, or takes results."""

    name: str
    url: str
    watch: bool = True
    poll_seconds: float = 30.0
    days: int = 2
    """Studies of how many days are looked at, by their date; 0 looks at all."""
    tls: bool = False
    """Whether the certificate of [tls] is shown, and its authority trusted."""
    token_file: Path | None = None
    """Holds a bearer token."""
    plain: bool = False
    """Allows http:// to another machine."""
    results_to: str | None = None

    def __post_init__(self) -> None:
        _require_name(self.name)
        scheme, _, rest = self.url.partition("://")
        _require(scheme in ("http", "https"), f"server {self.name}: url must begin with https:// (or http://)")
        local = rest.startswith(tuple(f"{host}{end}" for host in _LOOPBACK for end in (":", "/")))
        sentence = f"server {self.name}: patients would be sent in clear text; use https://, or say plain = true"
        _require(scheme == "https" or local or self.plain, sentence)
        _require(_is_address(self.url), f"server {self.name}: url must be an address such as https://host:8443/path")
        _require_not_negative(self, f"server {self.name}")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which series are segmented, and how. The first rule that fits a series is taken."""

    name: str
    senders: tuple[str, ...] = ()
    """Names of peers and servers; none means all."""
    description: str = ""
    """Regular expression that is found in the series description, in upper or lower case; empty fits all."""
    not_description: str = ""
    weighting: tuple[Weighting, ...] = ()
    """As the headers tell it; none means any."""
    min_images: int = 8
    max_slice_mm: float | None = None
    every: bool = False
    """Take each series of a study that fits, in place of the best one."""
    take_as: Modality | None = None
    """What the scan is said to be, where headers do not tell it."""
    model: str | None = None
    flips: bool = False
    thorough: bool = False
    policy: str | None = None

    def __post_init__(self) -> None:
        _require_name(self.name)
        for pattern in (self.description, self.not_description):
            try:
                re.compile(pattern)
            except (re.error, OverflowError, RecursionError) as error:
                reason = error.msg if isinstance(error, re.error) else type(error).__name__
                msg = f"rule {self.name}: a description must be a regular expression ({reason})"
                raise ConfigError(msg) from error
        _require_not_negative(self, f"rule {self.name}")


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """When a series has come."""

    quiet_seconds: float = 30.0
    """Without a further image."""
    longest_seconds: float = 600.0
    """That missing images, or other series of the study, are waited for after that."""

    def __post_init__(self) -> None:
        _require_not_negative(self, "wait")


@dataclass(frozen=True, kw_only=True)
class Work:
    """How series are segmented."""

    slots: int = 1
    """Series at a time, each in a warm process of its own."""
    threads: int | None = None
    """Cores for each; the cores of this machine are shared by default."""
    device: str = "auto"
    seconds: float = 900.0
    """For one series."""
    memory_gib: float | None = None

    def __post_init__(self) -> None:
        _require(self.slots >= 1, f"work.slots must be 1 or more, got {self.slots}")
        _require(self.threads is None or self.threads >= 1, f"work.threads must be 1 or more, got {self.threads}")
        _require_not_negative(self, "work")


@dataclass(frozen=True, kw_only=True)
class Send:
    """What goes back."""

    objects: tuple[Sent, ...] = ("dicom-seg", "dicom-sr", "dicom-pdf", "dicom-key-image")
    first_retry_seconds: float = 30.0
    """After a failure; doubled each time, up to an hour."""
    give_up_hours: float = 72.0

    def __post_init__(self) -> None:
        _require(bool(self.objects), "send.objects must name at least one kind of object")
        _require_not_negative(self, "send")


@dataclass(frozen=True, kw_only=True)
class Keep:
    """What stays on the disk."""

    hours: float = 24.0
    """That images of a series stay after its last change."""
    free_gib: float = 5.0
    """Below which nothing more is taken."""

    def __post_init__(self) -> None:
        _require_not_negative(self, "keep")


@dataclass(frozen=True, kw_only=True)
class Health:
    """Where the health page is."""

    address: str = "127.0.0.1"
    port: int | None = 8143
    """None for no page, 0 for any free port."""

    def __post_init__(self) -> None:
        _require_port(self.port, "health.port")


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """All of it."""

    folder: Path
    """Of this node alone: queue, key, audit."""
    receive: Receive = field(default_factory=Receive)
    """Put to use where a peer may send."""
    peer: tuple[Peer, ...] = ()
    server: tuple[Server, ...] = ()
    rule: tuple[Rule, ...] = ()
    wait: Waiting = field(default_factory=Waiting)
    work: Work = field(default_factory=Work)
    send: Send = field(default_factory=Send)
    keep: Keep = field(default_factory=Keep)
    health: Health = field(default_factory=Health)
    tls: TlsFiles | None = None

    def __post_init__(self) -> None:
        _require(self.folder.is_absolute(), "folder must be a whole path, such as /var/lib/vs-node")
        parties: tuple[Peer | Server, ...] = (*self.peer, *self.server)
        names = [each.name for each in parties]
        _require(bool(names), "a node needs a [[peer]] or a [[server]]")
        _require(len(set(names)) == len(names), "peers and servers must have names of their own")
        titles = [each.ae_title for each in self.peer if each.sends]
        _require(len(set(titles)) == len(titles), "two peers that send must not have one AE title")
        for each in parties:
            sentence = f"{each.name}: results_to must be the name of a peer or server"
            _require(each.results_to is None or each.results_to in names, sentence)
        _require(bool(self.rule), "a node needs a [[rule]] that says which series are segmented")
        for rule in self.rule:
            sentence = f"rule {rule.name}: senders must be names of peers or servers"
            _require(set(rule.senders) <= set(names), sentence)
        wants_tls = [self.receive.tls, *(each.tls for each in parties)]
        _require(self.tls is not None or not any(wants_tls), "tls = true needs [tls] with certificate, key, authority")

    def destination_of(self, sender: str) -> Peer | Server:
        """Return where the results of what a peer or server sent go."""
        parties: tuple[Peer | Server, ...] = (*self.peer, *self.server)
        named = {each.name: each for each in parties}
        return named[named[sender].results_to or sender]


def read_config(path: Path) -> NodeConfig:
    """Read the file of a node.

    Raises:
        ConfigError: If it is no TOML, or a key is unknown, missing or has a value that does not fit.
    """
    try:
        told = read_toml_file(path)
    except OSError as error:
        msg = f"the configuration cannot be read ({error.strerror})"
        raise ConfigError(msg) from error
    except ValueError as error:
        msg = f"the configuration is no TOML: {error}"
        raise ConfigError(msg) from error
    return from_plain(NodeConfig, told, "configuration", error=ConfigError, quoting=True)


def _require_name(name: str) -> None:
    sentence = f"a name must have up to 32 of the letters a-z, digits and dashes, got '{name}'"
    _require(_NAME.fullmatch(name) is not None, sentence)


def _require_ae_title(title: str, what: str) -> None:
    fits = 1 <= len(title) <= 16 and title.isascii() and title.isprintable() and "\\" not in title
    _require(fits and title == title.strip(), f"{what} must have 1 to 16 plain letters")
