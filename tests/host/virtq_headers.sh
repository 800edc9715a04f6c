#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ring headers compile alone and without a warning in what an RTOS or a host may be
# written in: C11 and C17 as they stand, C++14 and later, 64 and 32 bits, gcc and clang.
set -eu
cd "$(dirname "$0")/../.."
warnings="-Wall -Wextra -Werror -Wshadow -Wundef -Wconversion -Wno-sign-conversion"
cross=${CROSS_COMPILE-$([ "$(uname -m)" = aarch64 ] || echo aarch64-linux-gnu-)}
count=0

try()	# compiler and flags
{
	local header
	for header in virtq.h virtq_driver.h virtq_device.h; do
		# shellcheck disable=SC2086
		"$@" $warnings -fsyntax-only -Iguests/lib -include "$header" /dev/null
		count=$((count + 1))
	done
}

for std in c11 gnu11 c17; do
	try gcc -x c -std=$std -pedantic
	try clang -x c -std=$std -pedantic
	try "${cross}gcc" -x c -std=$std -ffreestanding -mgeneral-regs-only
done
for std in c++14 c++17 c++20; do
	try clang++ -x c++ -std=$std -pedantic
done
for target in armv7a-none-eabi armv8r-none-eabi aarch64-none-elf riscv64-none-elf; do
	try clang --target=$target -x c -std=c11 -ffreestanding
done
echo "$count times compiled"
