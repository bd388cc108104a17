#!/bin/sh
# Builds the core and puts it where Python finds it: logscrub/_core.abi3.so. `make core` and an installation do so too.
set -eu
cd "$(dirname "$0")"
cargo build --release --locked --quiet "$@"
for library in target/release/lib_core.so target/release/lib_core.dylib; do
  [ ! -e "$library" ] || { cp "$library" ../logscrub/_core.new; mv ../logscrub/_core.new ../logscrub/_core.abi3.so; }
done
