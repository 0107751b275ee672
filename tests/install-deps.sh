#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs what is missing: tests/install-deps.sh [build] [test] [demo]
#
# On Debian and its relatives, missing packages are named first and then installed with apt-get.
# Elsewhere the missing things are only named. Says one short line when nothing is missing.
# Runs on a bare system: bash and the base utilities are all it needs.
set -eu

# For what | how to see that it is there | Debian package(s), any of them will do | Fedora package
# A probe is a command, pc:MODULE for pkg-config, h:HEADER for the compiler, f:FILE (may be a
# pattern), py:MODULE for Debian's own Python, any:COMMAND for one that need not be Debian's.
needs='
build | gcc                    | gcc                              | gcc
build | h:stdio.h              | libc6-dev                        | glibc-devel
build | make                   | make                             | make
build | autoconf               | autoconf                         | autoconf
build | automake               | automake                         | automake
build | libtoolize             | libtool                          | libtool
build | pkg-config             | pkg-config pkgconf               | pkgconf-pkg-config
build | pc:libcurl             | libcurl4-openssl-dev libcurl4-gnutls-dev | libcurl-devel
build | pc:zlib                | zlib1g-dev                       | zlib-devel
build | pc:json-c              | libjson-c-dev                    | json-c-devel
build | h:ltdl.h               | libltdl-dev                      | libtool-ltdl-devel
build | pc:libpq               | libpq-dev                        | libpq-devel
build | pc:mysqlclient         | default-libmysqlclient-dev libmysqlclient-dev libmariadb-dev-compat | mariadb-connector-c-devel
build | pc:sqlite3             | libsqlite3-dev                   | sqlite-devel
test  | pc:cmocka              | libcmocka-dev                    | libcmocka-devel
test  | clang                  | clang                            | clang
test  | f:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a | libclang-rt-14-dev libclang-rt-dev | compiler-rt
test  | f:/usr/lib/postgresql/15/bin/postgres | postgresql-15     | postgresql15-server
test  | f:/usr/sbin/pgbouncer  | pgbouncer                        | pgbouncer
test  | f:/usr/sbin/mariadbd   | mariadb-server-core              | mariadb-server
test  | mariadb                | mariadb-client-core              | mariadb
test  | f:/usr/lib*/libaio.so.1 | libaio1                         | libaio
test  | f:/usr/lib*/libnuma.so.1 | libnuma1                       | numactl-libs
test  | abidiff                | abigail-tools                    | libabigail
test  | sqlite3                | sqlite3                          | sqlite
test  | lintian                | lintian                          |
test  | rpmbuild               | rpm                              | rpm-build
test  | systemd-analyze        | systemd                          | systemd
test  | pgrep                  | procps                           | procps-ng
test  | podman                 | podman                           | podman
test  | f:/usr/sbin/runc       | runc                             | runc
test  | f:/usr/sbin/debootstrap | debootstrap                     | debootstrap
test  | any:pip3               | python3-pip                      | python3-pip
test  | mandoc                 | mandoc                           | mandoc
test  | clang-tidy             | clang-tidy                       | clang-tools-extra
test  | cppcheck               | cppcheck                         | cppcheck
test  | shellcheck             | shellcheck                       | ShellCheck
test  | any:codespell          | codespell                        | codespell
test  | any:clang-format       | clang-format                     | clang-tools-extra
test  | py:yaml                | python3-yaml                     | python3-pyyaml
test  | openssl                | openssl                          | openssl
test  | dpkg-buildpackage      | dpkg-dev                         | dpkg-dev
test  | dh                     | debhelper                        | debhelper
test  | py:pytest              | python3-pytest                   | python3-pytest
test  | py:psycopg2            | python3-psycopg2                 | python3-psycopg2
test  | py:pymysql             | python3-pymysql                  | python3-PyMySQL
test  | any:cargo              | cargo                            | cargo
test  | cmake                  | cmake                            | cmake
test  | g++                    | g++                              | gcc-c++
test  | pc:openssl             | libssl-dev                       | openssl-devel
both  | /usr/bin/python3       | python3                          | python3
both  | java                   | openjdk-17-jre-headless          | java-17-openjdk-headless
both  | mvn                    | maven                            | maven
test  | xz                     | xz-utils                         | xz
both  | unzip                  | unzip                            | unzip
both  | curl                   | curl                             | curl
'

is_wanted() {	# is_wanted FOR: do the arguments of this script ask for this line?
	case $1 in
	both) [[ " $wanted " == *" test "* || " $wanted " == *" demo "* ]] ;;
	*) [[ " $wanted " == *" $1 "* ]] ;;
	esac
}

is_installed() {	# is_installed PACKAGE...: is one of these Debian packages installed?
	local package
	for package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) return 0 ;;
		esac
	done
	return 1
}

is_there() {	# is_there PROBE
	case $1 in
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	h:*) echo "#include <${1#h:}>" | cc -E - >/dev/null 2>&1 ;;
	f:*) compgen -G "${1#f:}" >/dev/null ;;
	py:*) /usr/bin/python3 -c "import ${1#py:}" 2>/dev/null ;;
	any:*) command -v "${1#any:}" >/dev/null ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

wanted=${*:-build test demo}
for word in $wanted; do
	case $word in
	build | test | demo) ;;
	*) echo "usage: tests/install-deps.sh [build] [test] [demo]" >&2; exit 64 ;;
	esac
done
apt=
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && apt=yes

missing=()
while IFS='|' read -r purpose probe debian fedora; do
	read -r purpose <<<"$purpose"	# drops the blanks around it
	is_wanted "${purpose:-none}" || continue
	read -r probe <<<"$probe"
	read -ra debian <<<"$debian"
	read -r fedora <<<"$fedora"
	if [ -z "$apt" ]; then
		is_there "$probe" || missing+=("$fedora")
	elif [[ $probe != any:* ]] || ! is_there "$probe"; then
		is_installed "${debian[@]}" || missing+=("${debian[0]}")
	fi
done <<<"$needs"

if [ ${#missing[@]} = 0 ]; then
	echo "install-deps: everything for ${wanted// /, } is there"
	exit 0
fi
if [ -z "$apt" ]; then
	echo "install-deps: missing, by their names in Fedora: ${missing[*]}" >&2
	echo "Install them by hand and run this again." >&2
	exit 1
fi

install=(apt-get install -y --no-install-recommends "${missing[@]}")
as_root=()
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "install-deps: packages are missing. As root, run:" >&2
		echo "  apt-get update && ${install[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi
echo "install-deps: for ${wanted// /, } these Debian packages will be installed: ${missing[*]}"
# env, because sudo drops the caller's environment
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" </dev/null
