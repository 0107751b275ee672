# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # name, build and the like are the caller's
# A clean Debian in the folder $debian, into which packages are installed; with systemd started in
# it, if wanted. Sourced by run, not run.
#
# What runs there has mounts and processes of its own, which end with it, and the network of this
# machine.

release=bookworm

# mirror: where apt gets Debian from on this machine
mirror() {
	# shellcheck disable=SC2016 # apt's words
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v release=$release '$2 == release && !found++ { print $1 }'
}

bootstrap() {	# bootstrap WORK, for make_once
	mkdir "$1/out"
	debootstrap --variant=minbase $release "$1/root" "$(mirror)"
	tar -C "$1/root" -cf "$1/out/root.tar" .
}

# It is fetched once and kept beside the servers of the tests.
unpack_debian() {
	# shellcheck source-path=SCRIPTDIR/../servers
	. tests/servers/common.sh
	local home
	home=$(servers_folder)/debian/$release-$arch
	make_once "$home" bootstrap
	tar -C "$debian" -xpf "$home/root.tar"
	cp /etc/resolv.conf "$debian/etc/resolv.conf"
	mkdir "$debian/packages"
}

# inside COMMAND...: runs it there, beside systemd if that is started
inside() {
	local clean=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
		DEBIAN_FRONTEND=noninteractive)
	if is_booted; then
		# shellcheck disable=SC2016 # for the other shell
		nsenter --target "$(systemd_pid)" --mount --pid --cgroup --uts --ipc --root \
			"${clean[@]}" /bin/sh -c 'cd / && exec "$@"' sh "$@"
	else
		# shellcheck disable=SC2016
		unshare --mount --pid --fork --kill-child /bin/sh -c \
			'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$debian" "${clean[@]}" "$@"
	fi
}

# all_files FILE: what is there, with modes and owners, but for what dpkg and apt keep for
# themselves; in FILE.passwd the users
all_files() {
	local folder ours=()
	for folder in proc var/lib/dpkg var/lib/apt var/cache var/log packages tmp; do
		ours+=(-path "$debian/$folder" -prune -o)
	done
	find "$debian" -xdev "${ours[@]}" -printf '%P %M %U:%G\n' | sort >"$1"
	cp "$debian/etc/passwd" "$1.passwd"
}

# ---- systemd: the pid of its unshare is in $debian.pid, its control groups are below $debian.cgroup

is_booted() {
	[ -s "$debian.pid" ]
}

systemd_pid() {
	pgrep -P "$(cat "$debian.pid")"
}

# cgroups: where groups of our own can be made
cgroups() {
	findmnt -n -t cgroup2 -o TARGET | head -n 1
}

# can_boot: makes the group that systemd gets
can_boot() {
	local group
	group=$(cgroups)/${debian##*/}
	[ "$group" != "/${debian##*/}" ] && mkdir "$group" 2>/dev/null && ln -s "$group" "$debian.cgroup"
}

# The kernel's own settings, which are those of this machine, are out of its reach. Credentials need
# a /dev of its own, and mounts that are shared (within these namespaces).
boot_debian() {
	local init
	# shellcheck disable=SC2016 # for the other shell
	init='set -e
		mount --make-rprivate /
		mount --bind "$0" "$0"
		mount -t proc proc "$0/proc"
		mount --bind "$0/proc/sys" "$0/proc/sys"
		mount -o remount,bind,ro "$0/proc/sys"
		mount -t sysfs -o ro sysfs "$0/sys"
		mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
		mount -t tmpfs tmpfs "$0/run"
		mount --bind "$0/dev" "$0/dev"
		cd "$0"
		pivot_root . .
		umount -l .
		mount --make-rshared /
		exec env -i container=other /lib/systemd/systemd --unit=basic.target --log-target=console'
	# shellcheck disable=SC2016
	/bin/sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$debian.cgroup" \
		unshare --mount --pid --fork --kill-child --cgroup --uts --ipc \
		/bin/sh -c "$init" "$debian" &
	echo $! >"$debian.pid"
	for _ in {1..150}; do
		sleep 0.2
		[ "$(inside systemctl is-system-running 2>/dev/null)" != running ] || return 0
	done
	inside systemctl --no-pager --failed
	return 1
}

remove_debian() {
	local pid
	if is_booted; then
		pid=$(cat "$debian.pid")
		# by the pid, if it is still ours
		if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$debian"; then
			kill -KILL "$pid"
			while pgrep -P "$pid" >/dev/null; do sleep 0.1; done
		fi
	fi
	if [ -L "$debian.cgroup" ]; then
		for _ in {1..50}; do
			find "$(readlink "$debian.cgroup")" -depth -type d -exec rmdir {} + 2>/dev/null && break
			sleep 0.1
		done
	fi
	rm -rf --one-file-system "$debian" "$debian.pid" "$debian.cgroup"
}
