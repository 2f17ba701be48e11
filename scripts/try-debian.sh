#!/usr/bin/env bash
# try-debian.sh [SUITE] [TEST...]: loads the artefacts of all fixtures with nft, iptables, ipset and ip of another
# Debian (trixie, sid, …) in the place of this machine's, by apt and without installing anything. As root.
# shellcheck disable=SC2016 # what is in single quotes is for another shell
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:-trixie}
shift || :
[ $# -gt 0 ] || set -- src/lab/artefacts.kernel.test.ts
tools=$PWD/node_modules/.routec-debian/$suite
keys=/usr/share/keyrings/debian-archive-keyring.gpg

if [ ! -e "$tools/ready" ]; then
  rm -rf "$tools"
  mkdir -p "$tools"/{lists,cache/archives}/partial "$tools"/{root,bin}
  echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" >"$tools/sources.list"
  apt=(-qq -o "Dir::Etc::sourcelist=$tools/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$tools/lists"
    -o "Dir::Cache=$tools/cache" -o Dir::State::status=/dev/null -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" update
  # With all that they need, down to the C library: nothing of that is installed here.
  apt-get "${apt[@]}" -y --no-install-recommends --download-only install nftables iptables ipset iproute2
  for package in "$tools"/cache/archives/*.deb; do dpkg-deb -x "$package" "$tools/root"; done
  loader=$(find "$tools/root" -name 'ld-linux*' -type f | head -n 1)
  libraries=$(dirname "$(find "$tools/root" -name 'libc.so.6' | head -n 1)")
  for program in nft ip ipset xtables-nft-multi xtables-legacy-multi; do
    real=$(find "$tools/root" -path "*bin/$program" | head -n 1)
    printf '#!/bin/sh\nexport XTABLES_LIBDIR=%s/xtables\nexec %s --argv0 "$0" --library-path %s %s "$@"\n' \
      "$libraries" "$loader" "$libraries" "$real" >"$tools/bin/$program"
    chmod +x "$tools/bin/$program"
  done
  touch "$tools/ready"
fi
# Over this machine's own, for this command and its children alone.
exec unshare -m bash -euc '
  mount --make-rprivate /
  for program in "$1"/*; do
    mount --bind "$program" "$(readlink -f "$(command -v "${program##*/}")")"
  done
  for tool in nft iptables ipset ip; do "$tool" -V; done
  shift
  exec npx vitest run --maxWorkers=1 "$@"' try-debian "$tools/bin" "$@"
