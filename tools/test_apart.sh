#!/bin/sh
# Run tests that need an environment of their own, beside the one of the other tests.
# Usage: test_apart.sh webengine PYTHON PINS     printing through Qt's web engine, which comes with a PySide6 of its own
#        test_apart.sh next-slicer PYTHON PINS   scenes with the line of Slicer that comes next, and the VTK that fits it
# PINS is the constraints file of the other tests: what is not named here has the same version.
set -eu

name="$1" python="$2" pins="$3"
folder=".venv-$name"
case "$name" in
webengine)
    packages="PySide6-Essentials==6.8.3 PySide6-Addons==6.8.3 numpy scipy SimpleITK pydicom Pillow pypdfium2==5.15.2 pytest"
    own='pyside6|shiboken6|pypdfium2'
    export QT_QPA_PLATFORM=offscreen QTWEBENGINE_DISABLE_SANDBOX=1
    ;;
next-slicer)
    packages="slicer-core==5.13.31053.0 numpy scipy SimpleITK pydicom Pillow pytest hypothesis jsonschema nibabel slicerio"
    own='slicer-core|vtk'
    export OMP_NUM_THREADS=1
    ;;
*)
    echo "test_apart.sh knows webengine and next-slicer, not $name" >&2
    exit 2
    ;;
esac

"$python" -m venv "$folder"
grep -vE "^($own)" "$pins" > "$folder/constraints.txt"
# shellcheck disable=SC2086 -- a list of packages on purpose
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$folder/constraints.txt" $packages
case "$name" in
webengine) exec "$folder/bin/python" -m pytest Testing/webengine ;;
next-slicer) # a task of the tests needs PyTorch, which scenes do not
    exec "$folder/bin/python" -m pytest Testing/scene --ignore Testing/scene/test_toy_task.py
    ;;
esac
