#!/bin/sh
# Print the full path of a Python 3.11 or 3.12 that really runs (a version manager's shim may be there and fail).
# Usage: find_python.sh [PYTHON]   with a name or path given, only that one is tried; with 3.11 or 3.12 given, what goes
#                                  by that version, on the path or among those that pyenv has installed
set -u

fits() {
    "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] not in '$versions'.split())" >/dev/null 2>&1
}

versions="3.11 3.12"
pyenv="${PYENV_ROOT:-${HOME:-/nowhere}/.pyenv}/versions"
case "${1:-}" in
3.11 | 3.12)
    versions="$1"
    set -- "python$1" python3 python "$pyenv/$1"*/bin/python
    wanted="a Python $versions is not there"
    ;;
"")
    set -- python3 python3.12 python3.11 python "$pyenv"/3.12*/bin/python "$pyenv"/3.11*/bin/python
    wanted="python3, python3.12, python3.11 and python are not"
    ;;
*)
    set -- "$1"
    wanted="PYTHON=$1 is not"
    ;;
esac

for candidate in "$@"; do
    if fits "$candidate"; then
        "$candidate" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
echo "Python 3.11 or 3.12 is needed: $wanted. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
