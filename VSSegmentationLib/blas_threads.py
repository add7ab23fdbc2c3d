"""One thread for the linear algebra of numpy and scipy, said before either is loaded.

Their products here are tiny and many. With a thread for each core, threads that wait for the next product turn round
and hold the cores that the network needs: beside a busy program a segmentation took three times as long.
"""

from collections.abc import MutableMapping

_VARIABLES = ("OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Those of the libraries numpy comes with; torch's own threads follow others, and are left alone."""


def keep_to_one_thread(environment: MutableMapping[str, str]) -> None:
    """Ask for one thread where the user has not asked for a number: read when numpy is imported, so not after that."""
    for name in _VARIABLES:
        environment.setdefault(name, "1")
