#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# skerry-check --board on every tree of Debian's arm64 kernel package: a table or
# what is missing, exit status 0 or 1, never anything else.
set -u
check=${O:-build}/tools/skerry-check
cache=${SKERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/skerry}
trees=$cache/kernel/6.1/dtbs
text=$(mktemp) && list=$(mktemp) || exit 1
trap 'rm -f "$text" "$list"' EXIT

if [ ! -x "$check" ]; then
	echo "no $check (make builds it)"
	exit 77
fi
find -L "$trees" -name '*.dtb' >"$list" 2>/dev/null
if [ ! -s "$list" ]; then
	echo "no trees in $trees (scripts/setup unpacks them)"
	exit 77
fi
count=0 usable=0 failed=0
while read -r tree; do
	count=$((count + 1))
	"$check" --board "$tree" >"$text" 2>&1
	status=$?
	last=$(tail -n 1 "$text")
	case "$status:$last" in
	0:usable:*) usable=$((usable + 1)) ;;
	1:not\ usable:*) grep -q '^error: ' "$text" || failed=$((failed + 1)) ;;
	*)	failed=$((failed + 1))
		echo "$tree: exit status $status: $last" ;;
	esac
done <"$list"
echo "$count trees, $usable usable as they stand, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 100 ]
