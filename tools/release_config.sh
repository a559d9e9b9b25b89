#!/bin/bash
# Prints the Bazel configuration of the release build that this machine can run:
# v4 with AVX-512, v3 with AVX2 and FMA, else opt.
if [ "$(grep -owE 'avx512(f|bw|cd|dq|vl)' /proc/cpuinfo | sort -u | wc -l)" = 5 ]; then
  echo v4
elif grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
  echo v3
else
  echo opt
fi
