# SPDX-License-Identifier: BSD-2-Clause
# Skerry. `make help` lists what there is; README.md says what to expect.
O ?= build
CACHE ?= $(or $(SKERRY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skerry)
CROSS_COMPILE ?= aarch64-linux-gnu-
CC := $(CROSS_COMPILE)gcc
LIBFDT ?= $(CACHE)/arm64/usr/lib/aarch64-linux-gnu/libfdt.a

WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wundef -Wvla -Wno-sign-conversion
HV_INCLUDE := -Iinclude -I. -Iarch/arm64/include -I$(O)/include
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-mgeneral-regs-only -mno-outline-atomics -mstrict-align -march=armv8-a -mcmodel=small \
	-fno-pic -fno-stack-protector -fno-common -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -ffile-prefix-map=$(CURDIR)/= $(WARNINGS) $(HV_INCLUDE) $(if $(DEBUG),-DDEBUG)
HV_SOURCES := $(filter-out arch/arm64/asm_offsets.c,$(sort $(wildcard \
	lib/*.c core/*.c core/boot/*.c sched/*.c pv/*.c drivers/*.c \
	arch/arm64/*.c arch/arm64/*.S arch/arm64/boot/*.c arch/arm64/boot/*.S)))
HV_OBJECTS := $(patsubst %,$(O)/%.o,$(basename $(HV_SOURCES)))

all: $(O)/skerry.bin

$(O)/include/asm_offsets.h: arch/arm64/asm_offsets.c
	@mkdir -p $(@D)
	$(CC) $(HV_CFLAGS) -MMD -MT $@ -MF $(O)/asm_offsets.d -S $< -o $(O)/asm_offsets.s
	sed -n 's/^->\([A-Z0-9_]*\) [$$#]*\([0-9]*\)/#define \1 \2/p' $(O)/asm_offsets.s > $@

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HV_CFLAGS) $(if $(findstring /boot/,$<),-isystem lib/libc) -MMD -c $< -o $@

$(O)/%.o: %.S $(O)/include/asm_offsets.h
	@mkdir -p $(@D)
	$(CC) $(HV_CFLAGS) -D__ASSEMBLER__ -MMD -c $< -o $@

$(O)/skerry.elf: $(HV_OBJECTS) arch/arm64/skerry.lds $(LIBFDT)
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,--no-warn-rwx-segments \
		-Wl,-Map=$(O)/skerry.map -T arch/arm64/skerry.lds -o $@ $(HV_OBJECTS) $(LIBFDT)

$(O)/skerry.bin: $(O)/skerry.elf
	$(CROSS_COMPILE)objcopy -O binary $< $@

clean:
	rm -rf $(O)

.PHONY: all clean
-include $(HV_OBJECTS:.o=.d) $(O)/asm_offsets.d
