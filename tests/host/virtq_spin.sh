#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The sleep and wake-up protocol of the ring library, model-checked: it holds with and without
# event index, and does not without either barrier or the second look before sleep.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
command -v spin >/dev/null || { echo "spin is not installed"; exit 77; }
failed=0

check()	# expected number of errors, definitions
{
	local want=$1 found
	shift
	rm -rf "$out" && mkdir -p "$out" && cd "$out" || exit 1
	spin -a "$@" "$root/tests/host/virtq.pml" >log 2>&1 &&
		gcc -O1 -w -DSAFETY -DVECTORSZ=256 -o pan pan.c >>log 2>&1 &&
		./pan -m100000 >>log 2>&1
	found=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' log)
	if grep -q "max search depth too small" log || [ "$found" != "$want" ]; then
		cat log
		failed=1
	fi
	echo "virtq.pml $*: errors: ${found:-?}, expected $want"
	cd "$root" || exit 1
}

out=${O:-build}/spin
mkdir -p "$out"
out=$(cd "$out" && pwd)
for mode in "" -DEVENT_IDX; do
	check 0 $mode
	for without in -DNO_PUBLISH_BARRIER -DNO_SLEEP_BARRIER -DNO_RECHECK; do
		check 1 $mode $without
	done
done
exit $failed
