#!/bin/bash
# SPDX-License-Identifier: MIT
# enter.sh ROOT WORK COMMAND...: runs COMMAND in the folder ROOT as an engine runs it in an image:
# as user 65532 without capabilities and as process 1, with nothing in its environment, in a root
# that cannot be written. The files of WORK/secrets are in /run/secrets, WORK/data is /mnt.
#
# For root, under "unshare --mount --pid --fork": what is mounted here is gone with the command.
set -eu
view=$2/view
mkdir -p "$view"
mount --bind "$1" "$view"
mount -o remount,bind,ro "$view"
mount -t proc proc "$view/proc"
mount --rbind /dev "$view/dev"
mount -t tmpfs -o mode=755 tmpfs "$view/run"
cp -rp "$2/secrets" "$view/run/secrets"
mount -o remount,ro "$view/run"
mount --bind "$2/data" "$view/mnt"
exec chroot "$view" /usr/bin/setpriv --reuid 65532 --regid 65532 --clear-groups \
	--bounding-set=-all --inh-caps=-all --no-new-privs \
	/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:3}"
