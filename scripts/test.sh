#!/usr/bin/env bash
# Everything that must hold, from a fresh clone: types, lint, the bundle, all tests, those on a real
# kernel too. It installs what it needs; where it may not, it says what to run.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=(git ip nft sysctl iptables ipset conntrack perl dash busybox dnsmasq dhclient dhcpcd ifup shellcheck systemd-analyze dbus-daemon networkd-dispatcher chromium)
packages="git iproute2 nftables procps iptables ipset conntrack perl dash busybox dnsmasq-base isc-dhcp-client dhcpcd-base ifupdown shellcheck systemd dbus networkd-dispatcher tzdata chromium"
missing=()
for tool in "${tools[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "$tool" >/dev/null || missing+=("$tool")
done
[ -e /usr/share/zoneinfo/America/Los_Angeles ] || missing+=(tzdata)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $packages
  else
    echo "missing: ${missing[*]}. Run: sudo apt-get install -y $packages" >&2
    exit 2
  fi
fi
export PATH="$PATH:/usr/sbin:/sbin"
if ! unshare -n true 2>/dev/null; then
  echo "the kernel tests make network namespaces, and this user may not. Run: sudo npm test" >&2
  exit 2
fi

# The lock file decides: what is installed is only kept while it is what that says.
if ! cmp -s package-lock.json node_modules/.routec-lock; then
  npm ci
  cp package-lock.json node_modules/.routec-lock
fi
# On one core, while the other does the rest.
npm run --silent types &
types=$!
npm run --silent lint
npm run --silent build
shellcheck deploy/load.sh deploy/routec-link deploy/hooks/* scripts/try-debian.sh
systemd-analyze verify deploy/systemd/routec.service
systemd-analyze security --offline=yes --threshold=30 deploy/systemd/routec.service >/dev/null
wait "$types"

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" || status=$?
node -e '
  const { numPassedTests, numFailedTests } = JSON.parse(require("fs").readFileSync(process.argv[1]));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
' "$report"
exit "$status"
