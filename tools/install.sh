#!/bin/bash
# Installs the Debian packages of packages.txt that the machine lacks, and npm if
# there is none. Does nothing, quickly, where all are there.
set -eu
mapfile -t wanted < <(grep -v '^#' "$(dirname "$0")/packages.txt")

# A package that dpkg has never heard of has no line at all.
installed=$(dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" \
  2>/dev/null | sed -n 's/^.i *//p') || true
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
command -v npm >/dev/null || missing+=(npm)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: neither root nor sudo; as root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
"${apt_get[@]}" update
"${apt_get[@]}" install --no-install-recommends "${missing[@]}"
