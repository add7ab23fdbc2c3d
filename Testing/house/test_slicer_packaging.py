"""The CMake files of the Slicer extension, configured against a stand-in for Slicer's own macros.

A real Slicer build tree is no part of the tests; what can be shown without one is that the files are valid CMake, that
they hand every file of the library to Slicer's macro, and that the paths they hand over are relative.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "VSSegmentationLib"

STAND_IN = """
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/use.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/nothing.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/nothing.cmake")
"""
USE_FILE = """
include(CMakeParseArguments)
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${MODULE_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE ";" "\\n" lines "${MODULE_SCRIPTS};${MODULE_RESOURCES}")
  file(WRITE "${CMAKE_BINARY_DIR}/${MODULE_NAME}.${MODULE_WITH_SUBDIR}.txt" "${lines}")
endfunction()
"""


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed; make test installs it on Debian")
def test_every_file_of_the_library_is_packaged_under_its_own_folder(tmp_path: Path):
    slicer = tmp_path / "slicer"
    slicer.mkdir()
    (slicer / "SlicerConfig.cmake").write_text(STAND_IN, encoding="utf-8")
    (slicer / "use.cmake").write_text(USE_FILE, encoding="utf-8")
    (slicer / "nothing.cmake").write_text("", encoding="utf-8")
    build = tmp_path / "build"
    done = subprocess.run(
        ["cmake", "-S", ROOT, "-B", build, f"-DSlicer_DIR={slicer}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    packaged = set((build / "VSSegmentationLib.TRUE.txt").read_text(encoding="utf-8").split())
    there = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "CMakeLists.txt"
    }
    assert packaged == there
