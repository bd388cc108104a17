#!/bin/sh
# Builds the core and puts it where Python finds it: logscrub/_core.abi3.so.
set -eu
cd "$(dirname "$0")"
cargo build --release --locked --quiet "$@"
cp target/release/lib_core.so ../logscrub/_core.abi3.so
