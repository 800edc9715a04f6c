# SPDX-License-Identifier: BSD-2-Clause
# Guests: build/guests/NAME.bin (arm64 Image) and .elf from guests/NAME/*.[cS],
# the runtime build/guests/libskerry.a, and `make sdk` for guests elsewhere.
# Included by the top Makefile; needs O and CROSS_COMPILE.

GUESTS := hello rt victim attacker bench vgictest psci
GUEST_OUT := $(O)/guests
GUEST_CC := $(CROSS_COMPILE)gcc
GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -mgeneral-regs-only -mno-outline-atomics \
	-mstrict-align -mcpu=cortex-a53 -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-common -ffunction-sections -Wall -Wextra -Wshadow -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wundef -Wvla -Wstrict-prototypes -Werror
GUEST_CPPFLAGS := -Iinclude -Iguests/lib -MMD -MP
GUEST_LDFLAGS := -nostdlib -static -Wl,-pie,--no-dynamic-linker,-Bsymbolic,-z,notext \
	-Wl,-z,noexecstack,-z,max-page-size=4096,--build-id=none,--gc-sections,--no-warn-rwx-segments

guest_objects = $(patsubst guests/%,$(GUEST_OUT)/obj/%.o,$(wildcard guests/$(1)/*.c guests/$(1)/*.S))
GUEST_LIB_OBJECTS := $(call guest_objects,lib)
GUEST_BINS := $(GUESTS:%=$(GUEST_OUT)/%.bin)

.PHONY: guests sdk
guests: $(GUEST_BINS)

$(GUEST_OUT)/obj/lib/string.c.o: GUEST_EXTRA := -fno-tree-loop-distribute-patterns

$(GUEST_OUT)/obj/%.c.o: guests/%.c guests/guest.mk
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) $(GUEST_EXTRA) -c -o $@ $<

$(GUEST_OUT)/obj/%.S.o: guests/%.S guests/guest.mk
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_OUT)/libskerry.a: $(GUEST_LIB_OBJECTS)
	$(Q)rm -f $@ && $(CROSS_COMPILE)ar rcsD $@ $^

define guest_rules
$(GUEST_OUT)/$(1).elf: $(call guest_objects,$(1)) $(GUEST_OUT)/libskerry.a guests/lib/guest.ld
	$$(Q)$$(GUEST_CC) $$(GUEST_LDFLAGS) -T guests/lib/guest.ld -o $$@ $(call guest_objects,$(1)) \
		$$(GUEST_OUT)/libskerry.a
endef
$(foreach g,$(GUESTS),$(eval $(call guest_rules,$(g))))

$(GUEST_OUT)/%.bin: $(GUEST_OUT)/%.elf
	$(Q)$(CROSS_COMPILE)objcopy -O binary $< $@

-include $(wildcard $(GUEST_OUT)/obj/*/*.d)
