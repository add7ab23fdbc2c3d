#!/bin/sh
# Print the full path of a Python 3.11 or 3.12 that really runs (a version manager's shim may be there and fail).
# Usage: find_python.sh [PYTHON]   with a name or path given, only that one is tried.
set -u

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' >/dev/null 2>&1
}

if [ "$#" -gt 0 ] && [ -n "$1" ]; then
    set -- "$1"
    wanted="PYTHON=$1 is not"
else
    set -- python3 python3.12 python3.11 python
    wanted="python3, python3.12, python3.11 and python are not"
fi

for candidate in "$@"; do
    if fits "$candidate"; then
        "$candidate" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
echo "Python 3.11 or 3.12 is needed: $wanted. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
