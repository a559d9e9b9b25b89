#!/bin/bash
# Trains the same network on the same images with apical and with each peer that
# can run here, one at a time on one core, and prints what each needs per image.
#
# Usage: tools/bench/peers/run.sh [--no-build] [--data DIR] [--json FILE] [--repeats N]
#                                 [--core N] [--examples PEER=N] [--only PEER]...
# Peers: clock_driven_1ms, clock_driven_0.5ms, clock_driven_0.1ms, numpy,
# numpy_plain, brian2_1ms, brian2_0.1ms. --no-build, first if at all, takes what
# has been built before; the other options go to compare_peers.py, which explains
# them.
set -eu
case ${1:-} in
  -h | --help)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tools/bench/peers

# Debian's own interpreter has Debian's packages, whatever else is installed.
skip=()
missing=()
need() {
  /usr/bin/python3 -c "import $1" 2>/dev/null && return
  missing+=("$2")
  shift 2
  for peer in "$@"; do skip+=(--skip "$peer"); done
}
need numpy python3-numpy numpy numpy_plain brian2_1ms brian2_0.1ms
need brian2 python3-brian brian2_1ms brian2_0.1ms
if [ ${#missing[@]} -gt 0 ]; then
  echo "run.sh: skipping the peers that need ${missing[*]}; to have them:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
fi

config=$("$root/tools/release_config.sh")
if [ "${1:-}" = --no-build ]; then
  shift
  bin=$root/bazel-out/k8-opt$config/bin
  [ "$config" = opt ] && bin=$root/bazel-out/k8-opt/bin
else
  echo "Building apical and the C++ peer (--config=$config) ..." >&2
  (cd "$root" && bazel build --config="$config" //tools:apical //tools/bench/peers:clock_driven) >&2
  bin=$(cd "$root" && bazel info --config="$config" bazel-bin 2>/dev/null)
fi
exec /usr/bin/python3 -B "$here/compare_peers.py" --bin "$bin" --root "$root" \
  ${skip[@]+"${skip[@]}"} "$@"
