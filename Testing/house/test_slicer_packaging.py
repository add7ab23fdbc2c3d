"""The CMake files of the Slicer extension, configured against a stand-in for Slicer's own macros.

A real Slicer build tree is no part of the tests; what can be shown without one is that the files are valid CMake, that
they hand every file of the module and the library to Slicer's macro, and that what is installed can be imported.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "VSSegmentationLib"
MODULE = ROOT / "VSSegmentation"

STAND_IN = """
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/use.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/nothing.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/nothing.cmake")
"""
USE_FILE = """
include(CMakeParseArguments)
function(slicer_add_python_unittest)
  cmake_parse_arguments(TEST "" "SCRIPT" "" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${TEST_SCRIPT}")
    message(FATAL_ERROR "no such test: ${TEST_SCRIPT}")
  endif()
endfunction()
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${MODULE_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE ";" "\\n" lines "${MODULE_SCRIPTS};${MODULE_RESOURCES}")
  foreach(file ${MODULE_SCRIPTS} ${MODULE_RESOURCES})
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "listed, but not there: ${file}")
    endif()
    get_filename_component(folder "${file}" DIRECTORY)
    set(target "lib/Slicer-5.12/qt-scripted-modules")
    if(MODULE_WITH_SUBDIR)
      get_filename_component(package "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
      string(APPEND target "/${package}")
    endif()
    install(FILES "${file}" DESTINATION "${target}/${folder}")
  endforeach()
  file(WRITE "${CMAKE_BINARY_DIR}/${MODULE_NAME}.${MODULE_WITH_SUBDIR}.txt" "${lines}")
endfunction()
"""


pytestmark = pytest.mark.skipif(
    shutil.which("cmake") is None, reason="cmake is not installed; make test installs it on Debian"
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build folder of a configured extension."""
    slicer = tmp_path_factory.mktemp("slicer")
    (slicer / "SlicerConfig.cmake").write_text(STAND_IN, encoding="utf-8")
    (slicer / "use.cmake").write_text(USE_FILE, encoding="utf-8")
    (slicer / "nothing.cmake").write_text("", encoding="utf-8")
    folder = tmp_path_factory.mktemp("build")
    _run("cmake", "-S", ROOT, "-B", folder, f"-DSlicer_DIR={slicer}", "-DBUILD_TESTING=ON")
    return folder


def test_every_file_of_the_library_is_packaged_under_its_own_folder(build: Path):
    assert _packaged(build, "VSSegmentationLib.TRUE") == _files_of(LIBRARY)


def test_the_lists_of_the_module_are_what_is_in_its_folder(build: Path):
    assert _packaged(build, "VSSegmentation.FALSE") == _files_of(MODULE)


def test_an_installed_extension_has_module_panels_and_library_beside_each_other(build: Path, tmp_path: Path):
    _run("cmake", "--build", build)
    _run("cmake", "--install", build, "--prefix", tmp_path)
    modules = tmp_path / "lib" / "Slicer-5.12" / "qt-scripted-modules"
    assert _files_of(modules) == _files_of(MODULE) | {f"VSSegmentationLib/{name}" for name in _files_of(LIBRARY)}


def _packaged(build: Path, name: str) -> set[str]:
    return set((build / f"{name}.txt").read_text(encoding="utf-8").split())


def _files_of(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "CMakeLists.txt"
    }


def _run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
