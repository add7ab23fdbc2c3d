#!/bin/sh
# See that what pip cannot bring is there: on Debian as root it is installed, elsewhere one line says what is missing.
# Usage: install_system_packages.sh PYTHON [test | webengine | orthanc]
#   always:    venv with pip, which Debian splits off into a package of its own
#   with test: cmake, which the test of the Slicer extension's packaging runs; on Debian as root also dicom3tools, whose
#              validator looks at the DICOM objects that are written (elsewhere that test says why it is skipped), and
#              Pango with a font, which WeasyPrint makes PDF files with (without them those tests are skipped), and what
#              Qt and VTK draw with where no screen is (without it the tests of the Slicer module end with a sentence),
#              and Chromium with its driver, which draws the page of a study (without it those tests are skipped)
#   with orthanc: Orthanc with its DICOMweb plugin, the validator of dicom3tools, and what makes a network of its own
#   with webengine, on Debian as root: what Qt's web engine needs to start without a screen
set -u

python="$1"
missing=""

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    missing="python$version-venv"
fi
if [ "${2:-}" = test ] && ! command -v cmake >/dev/null 2>&1; then
    missing="$missing cmake"
fi
if [ "${2:-}" = test ] && [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ] && ! command -v dciodvfy >/dev/null 2>&1; then
    missing="$missing dicom3tools"
fi
if [ "${2:-}" = test ] && [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ] &&
    ! "$python" -c 'import sys, ctypes.util as c; sys.exit(not c.find_library("pangoft2-1.0"))' >/dev/null 2>&1; then
    missing="$missing libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
fi
if [ "${2:-}" = test ] && [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ] &&
    ! "$python" -c 'import ctypes as c
for name in "OSMesa.so.8 GL.so.1 EGL.so.1 xkbcommon.so.0 fontconfig.so.1 dbus-1.so.3 glib-2.0.so.0".split():
    c.CDLL("lib" + name)' >/dev/null 2>&1; then
    missing="$missing libosmesa6 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 fonts-dejavu-core"
fi
if [ "${2:-}" = test ] && [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ] && ! command -v chromedriver >/dev/null 2>&1; then
    missing="$missing chromium chromium-driver"
fi
if [ "${2:-}" = webengine ] && [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ] &&
    ! "$python" -c 'import ctypes as c
for name in "nss3.so asound.so.2 xkbfile.so.1 Xcomposite.so.1 Xdamage.so.1 Xrandr.so.2 Xtst.so.6 gbm.so.1 EGL.so.1".split():
    c.CDLL("lib" + name)' >/dev/null 2>&1; then
    missing="$missing libnss3 libasound2 libxkbfile1 libxcomposite1 libxdamage1 libxrandr2 libxtst6 libgbm1 libegl1"
    missing="$missing libxshmfence1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 fonts-liberation"
fi
if [ "${2:-}" = orthanc ]; then
    command -v Orthanc >/dev/null 2>&1 || missing="$missing orthanc"
    [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing="$missing orthanc-dicomweb"
    command -v dciodvfy >/dev/null 2>&1 || missing="$missing dicom3tools"
    command -v unshare >/dev/null 2>&1 || missing="$missing util-linux"
    command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
fi
[ -z "$missing" ] && exit 0

if [ -e /etc/debian_version ] && [ "$(id -u)" -eq 0 ]; then
    echo "Installing system packages: $missing"
    # shellcheck disable=SC2086 -- a list of words on purpose
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
    exit
fi
echo "These system packages (by their Debian names) are missing; please install them and try again: $missing" >&2
exit 1
