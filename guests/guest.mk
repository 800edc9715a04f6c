# SPDX-License-Identifier: BSD-2-Clause
# Guests: build/guests/NAME.bin (arm64 Image) and .elf from guests/NAME/*.[cS],
# the runtime build/guests/libskerry.a, and `make sdk` for guests elsewhere.
# Included by the top Makefile; needs O and CROSS_COMPILE.

GUESTS := hello rt sharetest victim attacker bench vgictest psci pvtest drv_net nettest
GUESTS += drv_block blktest
GUESTS += drv_console ttytest manager ctltest schedtest
GUESTS += drv_gpio gpiotest
GUEST_OUT := $(O)/guests
GUEST_CC := $(CROSS_COMPILE)gcc
GUEST_FLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -mgeneral-regs-only -mno-outline-atomics \
	-mstrict-align -mcpu=cortex-a53 -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -fno-common -ffunction-sections
GUEST_CFLAGS := $(GUEST_FLAGS) $(PLACES) \
	-Wall -Wextra -Wshadow -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wundef -Wvla -Wstrict-prototypes -Werror
GUEST_CPPFLAGS := -Iinclude -Iguests/lib -MMD -MP
GUEST_LDFLAGS := -nostdlib -static -Wl,-pie,--no-dynamic-linker,-Bsymbolic,-z,notext \
	-Wl,-z,noexecstack,-z,max-page-size=4096,--build-id=none,--gc-sections \
	-Wl,--no-warn-rwx-segments

guest_sources = $(wildcard guests/$(1)/*.c guests/$(1)/*.S)
guest_objects = $(patsubst guests/%,$(GUEST_OUT)/obj/%.o,$(guest_sources))
GUEST_LIB_OBJECTS := $(call guest_objects,lib)
GUEST_BINS := $(GUESTS:%=$(GUEST_OUT)/%.bin)

.PHONY: guests sdk
guests: $(GUEST_BINS)

$(GUEST_OUT)/obj/lib/string.c.o: GUEST_EXTRA := -fno-tree-loop-distribute-patterns

$(GUEST_OUT)/obj/%.c.o: guests/%.c guests/guest.mk
	@mkdir -p $(@D)
	$(call say,CC)$(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) $(GUEST_EXTRA) -c -o $@ $<

$(GUEST_OUT)/obj/%.S.o: guests/%.S guests/guest.mk
	@mkdir -p $(@D)
	$(call say,AS)$(GUEST_CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_OUT)/libskerry.a: $(GUEST_LIB_OBJECTS)
	@rm -f $@
	$(call say,AR)$(CROSS_COMPILE)ar rcsD $@ $^

define guest_rules
$(GUEST_OUT)/$(1).elf: $(call guest_objects,$(1)) $(GUEST_OUT)/libskerry.a guests/lib/guest.ld
	$$(call say,LD)$$(GUEST_CC) $$(GUEST_LDFLAGS) -T guests/lib/guest.ld -o $$@ \
		$(call guest_objects,$(1)) $$(GUEST_OUT)/libskerry.a
endef
$(foreach g,$(GUESTS),$(eval $(call guest_rules,$(g))))
$(GUEST_OUT)/pvtest.elf: GUEST_LDFLAGS += -Wl,--wrap=hvc

$(GUEST_OUT)/%.bin: $(GUEST_OUT)/%.elf
	$(call say,BIN)$(CROSS_COMPILE)objcopy -O binary $< $@

# What a guest outside the tree needs; docs/first-guest.md uses it.
GUEST_SDK := $(O)/sdk
SDK_HEADERS := $(addprefix guests/lib/,guest.h gic.h link.h mmu.h probe.h test.h timer.h tree.h \
	virtq.h virtq_driver.h virtq_device.h virtio.h virtio_blk.h virtio_net.h virtio_console.h \
	virtio_gpio.h virtio_scmi.h)

sdk: $(GUEST_OUT)/libskerry.a
	@rm -rf $(GUEST_SDK) && mkdir -p $(GUEST_SDK)/include/abi
	$(Q)cp $(SDK_HEADERS) $(GUEST_SDK)/include && cp include/abi/*.h $(GUEST_SDK)/include/abi
	$(Q)cp $(GUEST_OUT)/libskerry.a guests/lib/guest.ld LICENSES/BSD-2-Clause.txt $(GUEST_SDK)
	$(Q)sed -e 's|@CFLAGS@|$(GUEST_FLAGS)|' -e 's|@LDFLAGS@|$(GUEST_LDFLAGS)|' \
		-e 's|@CROSS@|$(CROSS_COMPILE)|' guests/lib/sdk.mk > $(GUEST_SDK)/sdk.mk
	@echo '  SDK  $(GUEST_SDK)'

-include $(wildcard $(GUEST_OUT)/obj/*/*.d)
