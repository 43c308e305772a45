#!/usr/bin/env bash
# Installs what the tests need from outside npm: Postgres with its headers, Redis, Chromium, a compiler,
# and what the guides use.
# Must never stop services that were here before.
set -euo pipefail

USUAL_VERSION=15

apt() { apt-get -y -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"; }

# The packages of which something is missing, one a line.
missing() {
  local version=$1
  command -v redis-server >/dev/null || echo redis-server
  [ -x "/usr/lib/postgresql/$version/bin/initdb" ] || echo "postgresql-$version"
  [ -e "/usr/include/postgresql/$version/server/postgres.h" ] || echo "postgresql-server-dev-$version"
  command -v chromium >/dev/null || echo chromium
  command -v curl >/dev/null || echo curl
  command -v jq >/dev/null || echo jq
  command -v make >/dev/null && command -v g++ >/dev/null && command -v dpkg-source >/dev/null || echo build-essential dpkg-dev
}

installed_postgres() { find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -rn | head -n 1 || true; }
offered_postgres() { apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1 || true; }

version="$(installed_postgres)"
if [ -n "$version" ] && [ -z "$(missing "$version")" ]; then
  echo 'Nothing is missing.'
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'Some packages are missing and this is not root. Next: run it as root, or install:' $(missing "${version:-$USUAL_VERSION}") >&2
  exit 1
fi

apt update || echo 'Some package lists could not be read; going on with the others.'
version="${version:-$(offered_postgres)}"
wanted="$(missing "${version:-$USUAL_VERSION}")"
echo 'Installing:' $wanted
# shellcheck disable=SC2086
apt install --no-install-recommends $wanted

# A package may start its service; the tests start their own.
if grep -q '^postgresql-[0-9]' <<<"$wanted" && command -v pg_lsclusters >/dev/null; then
  pg_lsclusters --no-header | while read -r cluster_version cluster _; do
    pg_ctlcluster "$cluster_version" "$cluster" stop --mode fast 2>/dev/null || true
  done
fi
if grep -qx 'redis-server' <<<"$wanted"; then
  service redis-server stop >/dev/null 2>&1 || true
fi
