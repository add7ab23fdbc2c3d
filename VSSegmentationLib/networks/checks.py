"""What the configurations of all networks have in common: plain data in and out, and the rules for levels."""

from math import prod

from VSSegmentationLib.errors import ConfigError

Kernel = tuple[int, int, int]
"""Three whole numbers, along D (slices), H, W."""


def check_whole(name: str, value: object, *, least: int) -> None:
    """Refuse anything but a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        msg = f"{name} must be whole and at least {least}; got {value!r}"
        raise ConfigError(msg)


def check_flag(name: str, value: object) -> None:
    """Refuse anything but true and false."""
    if not isinstance(value, bool):
        msg = f"{name} must be true or false; got {value!r}"
        raise ConfigError(msg)


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse what is not among the words allowed."""
    if value not in allowed:
        msg = f"{name} must be one of {', '.join(allowed)}; got {value!r}"
        raise ConfigError(msg)


def check_levels(channels: tuple[int, ...], kernels_dhw: tuple[Kernel, ...], strides_dhw: tuple[Kernel, ...]) -> None:
    """Refuse levels that do not fit each other: two at least, an odd kernel each, a stride between neighbors."""
    levels = len(channels)
    if levels < 2 or len(kernels_dhw) != levels or len(strides_dhw) != levels - 1:
        msg = (
            "at least two levels are needed, with one kernel each and one stride fewer; got "
            f"{levels} channels, {len(kernels_dhw)} kernels_dhw, {len(strides_dhw)} strides_dhw"
        )
        raise ConfigError(msg)
    for count in channels:
        check_whole("channels", count, least=2)
    for name, triplets in (("kernels_dhw", kernels_dhw), ("strides_dhw", strides_dhw)):
        for triplet in triplets:
            _check_triplet(name, triplet)
    for kernel in kernels_dhw:
        if any(size % 2 == 0 for size in kernel):
            msg = f"kernels_dhw must be odd, so that sizes are kept; got {kernel}"
            raise ConfigError(msg)


def _check_triplet(name: str, triplet: object) -> None:
    if not isinstance(triplet, tuple) or len(triplet) != 3:
        msg = f"{name} must hold triplets (D, H, W); got {triplet!r}"
        raise ConfigError(msg)
    for number in triplet:
        check_whole(name, number, least=1)


class NetworkData:
    """What the configurations of all networks do alike; each is a frozen dataclass on top of this."""

    strides_dhw: tuple[Kernel, ...]

    @property
    def multiple_dhw(self) -> Kernel:
        """What the strides multiply to: sizes inside the network are multiples of it."""
        depth, height, width = (prod(stride[axis] for stride in self.strides_dhw) for axis in range(3))
        return depth, height, width
