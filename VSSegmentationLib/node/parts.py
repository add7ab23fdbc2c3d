"""What the parts of a node share."""

from collections.abc import Callable
from dataclasses import dataclass

from VSSegmentationLib.node.audit import Audit
from VSSegmentationLib.node.config import NodeConfig
from VSSegmentationLib.node.inbox import Inbox
from VSSegmentationLib.node.ledger import Ledger
from VSSegmentationLib.node.names import Names


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """Each may be used from any thread."""

    config: NodeConfig
    ledger: Ledger
    names: Names
    audit: Audit
    inbox: Inbox
    now: Callable[[], float]
    """The time, in seconds since 1970."""
