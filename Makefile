# SPDX-License-Identifier: BSD-2-Clause
# Skerry. `make help` lists what there is; README.md says what to expect.
O ?= build$(if $(DEBUG),/debug)$(if $(PATHS),/paths)
CACHE ?= $(or $(SKERRY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skerry)
export O
export SKERRY_CACHE := $(abspath $(CACHE))

# What make, the shell or a Linux module's build trips over in a path; or "empty".
bad_in = $(if $(1),$(shell printf %s '$(subst ','\'',$(1))' | \
	LC_ALL=C tr -d 'A-Za-z0-9/._+@~\200-\377-' | tr ' ' _),empty)
check_folder = $(if $(call bad_in,$(2)),$(error $(1) "$(2)" is empty or has a space or another \
	character in its path with which make or Linux' build can't work: $(3)))
ifneq ($(filter-out help,$(or $(MAKECMDGOALS),all)),)
$(call check_folder,the folder to build into,$(O),give another one by O=FOLDER)
endif
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
$(call check_folder,this folder,$(CURDIR),clone it elsewhere)
$(call check_folder,the cache folder,$(CACHE),give another one by SKERRY_CACHE=FOLDER)
endif

# Find or install what is needed, before anything else looks for a compiler. $(shell) has
# variables of the command line since make 4.4 only.
SET_UP = $(foreach v,SKERRY_CACHE CROSS_COMPILE QEMU SKERRY_NON_FREE,$(if \
	$(filter-out undefined,$(origin $v)),$v='$($v)')) scripts/setup
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
CARD_GOALS := $(filter sdcard test soak,$(MAKECMDGOALS))$(filter rpi4,$(BOARD))
ifneq ($(shell $(SET_UP) $(if $(CARD_GOALS),--card) >&2 && echo done),done)
$(error set-up did not end well)
endif
endif

# What can be overridden: CROSS_COMPILE= on an arm64 machine, QEMU, KERNEL, INITRD.
ifneq ($(shell uname -m),aarch64)
CROSS_COMPILE ?= aarch64-linux-gnu-
endif
CC := $(CROSS_COMPILE)gcc
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)
LIBFDT ?= $(CACHE)/arm64/usr/lib/aarch64-linux-gnu/libfdt.a
LIBMD ?= $(CACHE)/libmd/usr/lib/aarch64-linux-gnu/libmd.a
KERNEL ?= $(CACHE)/kernel/6.1/vmlinuz
KERNEL_NEW ?= $(CACHE)/kernel/6.12/vmlinuz
INITRD ?= $(O)/linux/busybox.cpio.gz
SYSTEM ?= dts/systems/$(if $(filter rpi4,$(BOARD)),rpi4-)demo.dts

all: $(O)/skerry.bin
.PHONY: all run disk sdcard card-arguments debug-image paths-image test soak check bench fuzz
.PHONY: sdk clean help FORCE
.DELETE_ON_ERROR:

help:
	@echo 'make            hypervisor, guests and host tools into build/ (or O=FOLDER)'
	@echo 'make run        the demo system in QEMU (SYSTEM=FILE.dts for another,'
	@echo '                ARGS="--gic 2" for options of scripts/run-qemu;'
	@echo '                BOARD=rpi4: from the card of make sdcard)'
	@echo 'make disk       build/disk.img: partitions root, boot, data1, data2'
	@echo '                (ROOTFS=dir, tar or img for the root file system, ROOT_MB=n)'
	@echo 'make sdcard BOARD=rpi4    build/rpi4.img, a card for a Raspberry Pi 4'
	@echo '                (SYSTEM=FILE.dts, LAYOUT=firmware for one without U-Boot)'
	@echo 'make test       all tests, a pairwise selection (ARGS="-k WORD" for some)'
	@echo 'make soak       all tests, every combination'
	@echo 'make check      format, layers, sizes, sections, lint, documentation'
	@echo 'make bench      instruction counts and sizes against their limits'
	@echo 'make fuzz       the fuzzers, FUZZ_SECONDS=60 each'
	@echo 'make sdk        what a guest outside the tree needs, into build/sdk'
	@echo 'make clean      remove build/'
	@echo 'Variables: CROSS_COMPILE QEMU KERNEL INITRD O DEBUG=1 V=1 SKERRY_CACHE'

# Where it is built is in nothing that is built.
PLACES := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(CACHE)=cache \
	-ffile-prefix-map=$(realpath $(CACHE))=cache -ffile-prefix-map=$(O)=build

# --- EL2 ---------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror -Wconversion -Wshadow -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wundef -Wvla -Wno-sign-conversion
HV_INCLUDE := -Iinclude -I. -Iarch/arm64/include -I$(O)/include
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding \
	-nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-mgeneral-regs-only -mno-outline-atomics -mstrict-align -march=armv8-a -mcmodel=small \
	-fno-pic -fno-stack-protector -fno-common -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-tree-loop-distribute-patterns $(PLACES) \
	$(WARNINGS) $(HV_INCLUDE)
HV_BOOT_CFLAGS := -isystem core/boot/libc -isystem $(CACHE)/arm64/usr/include \
	-isystem $(CACHE)/libmd/usr/include
HV_SOURCES := $(filter-out arch/arm64/asm_offsets.c $(if $(DEBUG),core/boot/owner.c), \
	$(sort $(wildcard lib/*.c core/*.c core/boot/*.c sched/*.c sched/boot/*.c pv/*.c \
	drivers/*.c arch/arm64/*.c arch/arm64/*.S arch/arm64/boot/*.c arch/arm64/boot/*.S \
	$(if $(DEBUG),tests/oracle/*.c) $(if $(PATHS),tests/paths/*.c))))
HV_OBJECTS := $(patsubst %,$(O)/%.o,$(basename $(HV_SOURCES)))
# What tests/oracle stands in front of in a debug build, tests/paths in one for statistics
WRAPPED := $(if $(DEBUG),lock_acquire lock_release \
	exit_sync exit_irq exit_serror exit_yield fast_irq fast_kick fast_abort fast_sgi1r) \
	$(if $(PATHS),exit_sync exit_irq exit_serror exit_yield fast_irq fast_kick fast_abort \
	fast_sgi1r fast_bells arch_cpu_wait arch_cpu_has_work gic_handle load_step pv_stop_step \
	life_work log_raw arch_vcpu_switch arch_board_end)

$(HV_OBJECTS): Makefile

$(O)/include/asm_offsets.h: arch/arm64/asm_offsets.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $(O)/asm_offsets.d -S $< \
		-o $(O)/asm_offsets.s
	$(Q)sed -n 's/^->\([A-Z0-9_]*\) [$$#]*\([0-9]*\)/#define \1 \2/p' $(O)/asm_offsets.s > $@

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(HV_CFLAGS) $(if $(findstring /boot/,$<),$(HV_BOOT_CFLAGS)) \
		-MMD -MP -c $< -o $@

$(O)/%.o: %.S $(O)/include/asm_offsets.h
	@mkdir -p $(@D)
	$(call say,AS)$(CC) $(HV_CFLAGS) -D__ASSEMBLER__ -MMD -MP -c $< -o $@

$(O)/skerry.elf: $(HV_OBJECTS) arch/arm64/skerry.lds $(LIBFDT) $(LIBMD)
	$(call say,LD)$(CC) -nostdlib -static -no-pie \
		-Wl,--build-id=none,-z,max-page-size=4096,--no-warn-rwx-segments \
		$(WRAPPED:%=-Wl,--wrap=%) \
		-Wl,-Map=$(O)/skerry.map -T arch/arm64/skerry.lds -o $@ \
		$(HV_OBJECTS) $(LIBFDT) $(LIBMD)

$(O)/skerry.bin: $(O)/skerry.elf
	$(call say,BIN)$(CROSS_COMPILE)objcopy -O binary $< $@

# --- Guests, tools, system images ----------------------------------------------

# guests/guest.mk sets GUEST_BINS and makes sdk; tools/tools.mk sets TOOLS.
-include $(wildcard guests/guest.mk tools/tools.mk)
all: $(GUEST_BINS) $(TOOLS)

# Links, so that descriptions find them under fixed names; remade when overridden.
LINKS := $(addprefix $(O)/linux/,vmlinuz vmlinuz-6.12 initramfs.cpio.gz u-boot.bin)
$(O)/linux/vmlinuz: TO = $(KERNEL)
$(O)/linux/vmlinuz-6.12: TO = $(KERNEL_NEW)
$(O)/linux/initramfs.cpio.gz: TO = $(INITRD)
$(O)/linux/u-boot.bin: TO = $(CACHE)/u-boot/u-boot.bin
$(O)/linux/initramfs.cpio.gz: $(INITRD)
$(LINKS): FORCE
	@mkdir -p $(@D)
	@[ -e '$(TO)' ] || { echo '$(TO) does not exist; it would be $@' >&2; exit 1; }
	@ln -sfn $(abspath $(TO)) $@

# The Linux module, for the kernels of the cache, and for KDIR= (into linux/module/own).
# A kernel's build writes beside the sources, so it gets a copy of them.
MODULE := linux/skerry.ko
MODULES := $(foreach v,6.1 6.12,$(O)/linux/module/$v/$(MODULE))
$(O)/linux/module/6.1/$(MODULE): FOR := $(CACHE)/kernel/6.1/headers/build
$(O)/linux/module/6.12/$(MODULE): FOR := $(CACHE)/kernel/6.12/headers/build
$(O)/linux/module/own/$(MODULE): FOR = $(KDIR)
$(if $(KDIR),$(O)/linux/module/own/$(MODULE): FORCE)
# Under another name, as `make -n` runs a line that says $(MAKE).
KBUILD := $(MAKE)
all: $(MODULES) $(if $(KDIR),$(O)/linux/module/own/$(MODULE))

$(O)/linux/module/%/$(MODULE): linux/Kbuild $(wildcard linux/*.[ch] include/abi/*.h)
	@mkdir -p $(@D) $(@D)/../include
	@cp -u linux/Kbuild linux/*.[ch] $(@D)
	@cp -ru include/abi $(@D)/../include
	$(call say,MOD)env -u MAKEFLAGS $(KBUILD) -s -C $(FOR) M=$(abspath $(@D)) ARCH=arm64 \
		CROSS_COMPILE=$(CROSS_COMPILE) CC=$(CC) \
		KCFLAGS="-g0 -ffile-prefix-map=$(abspath $(@D)/..)/=" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules
	$(Q)$(CROSS_COMPILE)strip --strip-debug $@

# The manager's commands for Linux guests; static, so that it runs in every one.
SKERRYCTL := $(O)/linux/skerryctl
SKERRYCTL_SOURCES := $(wildcard tools/skerryctl/*.c) $(filter-out \
	guests/manager/manager.c guests/manager/port.c,$(wildcard guests/manager/*.c))
all: $(SKERRYCTL)
$(SKERRYCTL): $(SKERRYCTL_SOURCES) $(wildcard tools/skerryctl/*.h guests/manager/*.h \
		guests/lib/guest.h linux/*.h include/abi/*.h)
	@mkdir -p $(@D)
	$(call say,CTL)$(CC) -std=gnu11 -O2 -static -s -Wall -Wextra -Werror -Wshadow \
		-Wmissing-prototypes -DSKERRY_HOST -Iinclude -I. \
		$(SKERRYCTL_SOURCES) -o $@

$(O)/linux/busybox.cpio.gz: scripts/mkinitramfs $(wildcard scripts/rootfs.d/*) $(MODULES) \
		$(SKERRYCTL)
	@mkdir -p $(@D)
	$(call say,FS)scripts/mkinitramfs $(CACHE)/arm64/bin/busybox $@ $(SKERRYCTL) \
		$(foreach v,6.1 6.12,$(CACHE)/kernel/$v/modules $(O)/linux/module/$v/$(MODULE))

# Made when it is not there, and by `make disk`: guests write to it, so nothing else does.
disk $(O)/disk.img: | $(SKERRYCTL)
	@mkdir -p $(O)
	$(call say,DISK)scripts/mkdisk --program $(SKERRYCTL) $(if $(ROOT_MB),--size $(ROOT_MB)) \
		$(if $(ROOTFS),--rootfs $(ROOTFS)) $(O)/disk.img

# A card for a board; FIRMWARE=no: without the board's firmware, for QEMU.
LAYOUT ?= uboot
CARD = --board "$(BOARD)" --layout "$(LAYOUT)" $(if $(filter no,$(FIRMWARE)),--no-firmware) \
	$(if $(ROOT_MB),--size $(ROOT_MB)) $(if $(ROOTFS),--rootfs $(ROOTFS)) -I $(O) \
	--program $(SKERRYCTL) "$(SYSTEM)"
CARD_IMAGE = $(O)/$(or $(BOARD),card)$(if $(filter firmware,$(LAYOUT)),-firmware).img

card-arguments:
	@scripts/mkcard --check $(CARD) $(CARD_IMAGE)

sdcard: card-arguments all $(LINKS)
	@echo '$(CARD)' >$(CARD_IMAGE).arguments
	$(call say,CARD)scripts/mkcard $(CARD) $(CARD_IMAGE)

$(O)/systems/%.itb: dts/systems/%.dts $(GUEST_BINS) $(TOOLS) $(LINKS) scripts/mksystem
	@mkdir -p $(@D)
	$(call say,SYS)scripts/mksystem $< -I $(O) -o $@

# --- Running, testing, measuring -------------------------------------------------

RUN_IMAGE := $(O)/systems/$(basename $(notdir $(SYSTEM))).itb

# What a description names, where it lies beside it
SYSTEM_FILES := $(wildcard $(addprefix $(dir $(SYSTEM)),$(shell sed -n \
	's/.*\<\(image\|ramdisk\|dtb\) *= *"\([^"]*\)".*/\2/p' $(SYSTEM) 2>/dev/null)))

$(RUN_IMAGE): $(SYSTEM) $(SYSTEM_FILES) $(GUEST_BINS) $(TOOLS) $(LINKS) scripts/mksystem \
		$(RUN_IMAGE).arguments
	@mkdir -p $(@D)
	$(call say,SYS)scripts/mksystem $< -I $(O) -o $@

# One of another folder may have the same name.
$(RUN_IMAGE).arguments: FORCE
	@mkdir -p $(@D)
	@echo '$(abspath $(SYSTEM))' | cmp -s - $@ || echo '$(abspath $(SYSTEM))' >$@

ifeq ($(BOARD),)
run: all $(RUN_IMAGE) | $(O)/disk.img
	@scripts/run-qemu --auto $(ARGS) $(RUN_IMAGE)
else
# The card that `make sdcard` makes; made again when what is on it has changed, as guests
# write to it. QEMU needs no firmware.
ifeq ($(MAKECMDGOALS)$(wildcard $(CACHE)/firmware/start4.elf),run)
FIRMWARE := no
endif
$(CARD_IMAGE): $(O)/skerry.bin $(GUEST_BINS) $(TOOLS) $(INITRD) $(KERNEL) $(CARD_IMAGE).arguments \
		$(SYSTEM_FILES) $(wildcard $(SYSTEM) $(ROOTFS) scripts/mkcard scripts/mkcard.d/* \
		scripts/mkdisk) | $(LINKS)
	$(call say,CARD)scripts/mkcard $(CARD) $@

$(CARD_IMAGE).arguments: FORCE
	@mkdir -p $(@D)
	@echo '$(CARD)' | cmp -s - $@ || echo '$(CARD)' >$@

run: card-arguments all $(CARD_IMAGE)
	@scripts/run-qemu --board raspi4b --card $(CARD_IMAGE) $(ARGS)
endif

# The same hypervisor with the oracle in it, for some of the tests.
debug-image:
	@$(MAKE) --no-print-directory DEBUG=1 O=$(O)/debug $(O)/debug/skerry.bin

test soak: all debug-image $(LINKS)
	@tests/run $(if $(filter soak,$@),--soak) $(ARGS)

# The same with its times in it, for the bench.
paths-image:
	@$(MAKE) --no-print-directory PATHS=1 O=$(O)/paths $(O)/paths/skerry.bin

check: all
	@scripts/check $(ARGS)

bench: all paths-image $(LINKS)
	@scripts/bench $(ARGS)

fuzz: all
	@tests/run --fuzz $(or $(FUZZ_SECONDS),60) $(ARGS)

print-%:
	@echo $($*)

clean:
	rm -rf $(O)

-include $(HV_OBJECTS:.o=.d) $(O)/asm_offsets.d
