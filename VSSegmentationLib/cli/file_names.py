"""File names with letters beyond ASCII on Windows, for the libraries in C++ that read and write images."""

import locale
import logging
import platform


def take_any_file_names() -> None:
    """Let the C runtime of Windows take file names in UTF-8, as it is given them; elsewhere it does so of itself.

    SimpleITK hands names to it in UTF-8, and it would take them to be in the language of the system: no temporary file
    of a user called Jürgen would be found. Slicer itself is set up so; a Python that it starts is not. Numbers and
    dates stay as they are. Windows knows this since version 1803.
    """
    if platform.system() != "Windows":
        return
    try:
        locale.setlocale(locale.LC_CTYPE, ".UTF-8")
    except locale.Error:
        logging.getLogger(__name__).warning("this Windows takes no UTF-8: files with other letters may not be found")
