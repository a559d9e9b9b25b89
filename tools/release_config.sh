#!/bin/bash
# Prints the Bazel configuration of the release build that this machine can run:
# v3 with AVX2 and FMA, else opt.
if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
  echo v3
else
  echo opt
fi
