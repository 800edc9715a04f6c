# SPDX-License-Identifier: BSD-2-Clause
# For a guest's own Makefile: include this, then say
#   NAME.elf: a.o b.o
# and make NAME.bin. CROSS_COMPILE and CFLAGS can be changed.
SKERRY_SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CROSS_COMPILE ?= @CROSS@
SKERRY_CFLAGS := @CFLAGS@ -I$(SKERRY_SDK)/include
SKERRY_LDFLAGS := @LDFLAGS@ -T $(SKERRY_SDK)/guest.ld

%.o: %.c
	$(CROSS_COMPILE)gcc $(SKERRY_CFLAGS) $(CFLAGS) -c -o $@ $<

%.o: %.S
	$(CROSS_COMPILE)gcc $(SKERRY_CFLAGS) $(CFLAGS) -c -o $@ $<

%.elf:
	$(CROSS_COMPILE)gcc $(SKERRY_LDFLAGS) -o $@ $(filter %.o,$^) $(SKERRY_SDK)/libskerry.a

%.bin: %.elf
	$(CROSS_COMPILE)objcopy -O binary $< $@
