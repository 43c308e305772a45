#!/usr/bin/env bash
# Adds pgvector to the newest Postgres of the machine: as a package where Debian has one for this version, otherwise
# built from Debian's source package. Must never change the machine's own apt sources.
set -euo pipefail

SOURCE_RELEASE=trixie

version="$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -rn | head -n 1 || true)"
if [ -z "$version" ]; then
  echo 'There is no Postgres in /usr/lib/postgresql. Next: run .ci/machine.sh and see why it did not install one.' >&2
  exit 1
fi
if [ -e "/usr/share/postgresql/$version/extension/vector.control" ]; then
  echo "Postgres $version has pgvector."
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "pgvector is missing and this is not root. Next: run it as root, or install postgresql-$version-pgvector." >&2
  exit 1
fi
if apt-cache show "postgresql-$version-pgvector" >/dev/null 2>&1; then
  exec apt-get -y -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 install "postgresql-$version-pgvector"
fi

# The mirror that this machine already gets its own release from.
release="$(. /etc/os-release && echo "$VERSION_CODENAME")"
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $release" 'Component: main' 'Origin: Debian' | head -n 1)"
mirror="${mirror:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $release" 'Component: main' | head -n 1)}"
if [ -z "$mirror" ]; then
  echo "No Debian mirror for $release among the machine's apt sources. Next: install pgvector for Postgres $version by hand." >&2
  exit 1
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb-src $mirror $SOURCE_RELEASE main" >"$work/sources.list"
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Retries "3";
APT::Sandbox::User "root";
EOF

cd "$work"
export APT_CONFIG="$work/apt.conf"
apt-get -qq update
apt-get -qq source --download-only pgvector
dpkg-source --no-check -x pgvector_*.dsc source
# Plain instructions of the architecture, and no bitcode: the machine that runs it may not be the one that builds it.
pg_config="/usr/lib/postgresql/$version/bin/pg_config"
make -C source -s -j2 PG_CONFIG="$pg_config" OPTFLAGS='' with_llvm=no
make -C source -s PG_CONFIG="$pg_config" with_llvm=no install
echo "Built pgvector for Postgres $version from $SOURCE_RELEASE."
