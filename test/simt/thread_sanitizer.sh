#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# thread_sanitizer.sh clean|race PROGRAM ARGUMENT...: runs a ThreadSanitizer program and demands that it
# runs clean, or that a data race is reported. Where the kernel randomises addresses too far for the
# sanitizer, it is started without that; if that is not allowed either, this is skipped (77).
set -u
demand=$1
shift
output=$("$@" 2>&1)
status=$?
if [[ $output == *"unexpected memory mapping"* ]]; then
  output=$(setarch -R "$@" 2>&1)
  status=$?
fi
if [[ $output == *"unexpected memory mapping"* || $output == *"failed to set personality"* ]]; then
  echo "SKIPPED: the thread sanitizer does not start on this machine"
  if [ -n "${CI:-}" ]; then exit 1; fi
  exit 77
fi
case $demand in
  clean) if [ "$status" -eq 0 ]; then exit 0; fi ;;
  race)
    if [[ $output == *"WARNING: ThreadSanitizer: data race"* ]]; then
      echo "reported, as it must be"
      exit 0
    fi
    ;;
esac
echo "expected: $demand; exit status $status; output:"
echo "$output"
exit 1
