#!/bin/sh
# Build the image of the Containerfile and run it without a network, where no image registry can be reached: on a base of
# Debian's own packages, with buildah's chroot isolation. As root; needs buildah and debootstrap.
#
#   sh tools/try_container.sh WHEELHOUSE WORK_FOLDER [MIRROR]
#
# WHEELHOUSE is a folder that tools/wheelhouse.py made with Debian's Python (3.11 in Debian 12).
set -eu
wheels=$(realpath "$1") work=$2 mirror=${3:-http://deb.debian.org/debian}
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work/data" && cd "$work"
if [ ! -d base/usr ]; then
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm base "$mirror" > debootstrap.log
fi
mkdir -p context && tar -C base -cf context/base.tar .
printf 'FROM scratch\nADD base.tar /\n' > context/Containerfile
buildah bud --isolation=chroot --tag vs-base --file context/Containerfile context
buildah bud --isolation=chroot --tag vs-segmentation --file "$root/Containerfile" --build-arg BASE=localhost/vs-base "$wheels"

container=$(buildah from vs-segmentation)
cp "$root/VSSegmentationLib/models/sample/exam1_t2.nii.gz" data/scan.nii.gz
chown 10001:10001 data
inside() { unshare -n buildah run --isolation=chroot --volume "$PWD/data:/data" "$container" "$@"; }
inside id
inside sh -c '! touch /opt/vs/written /written 2>/dev/null && echo "nothing can be written beside /data and /tmp"'
inside python3 -c 'import socket
try: socket.create_connection(("192.0.2.1", 80), 2)
except OSError as error: print("no network:", error)'
inside vs-segmentation --version
inside vs-segmentation segment /data/scan.nii.gz --out /data/results --format json,html,pdf --force
ls data/results
buildah images vs-segmentation
echo "environment for tools/sbom.py: $(buildah mount "$container")/opt/vs"
