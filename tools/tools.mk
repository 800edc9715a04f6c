# SPDX-License-Identifier: BSD-2-Clause
# Host tools: build/tools/skerry-check, from tools/ and the boot code that EL2
# runs too, and skerry-crash. Included by the top Makefile; needs O. HOSTCC can be overridden.

HOSTCC ?= gcc
HOST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wundef -Wvla -Wno-sign-conversion -Werror -Iinclude -I. $(PLACES)
CHECK_SOURCES := $(wildcard tools/*.c core/boot/board*.c core/boot/system.c) \
	$(addprefix core/boot/,fdt_util.c fit.c owner.c place.c report.c sha256.c tree.c) \
	lib/format.c
CHECK_OBJECTS := $(CHECK_SOURCES:%.c=$(O)/tools/obj/%.o)
TOOLS := $(O)/tools/skerry-check $(O)/tools/skerry-crash

$(O)/tools/obj/%.o: %.c tools/tools.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(O)/tools/skerry-check: $(CHECK_OBJECTS)
	$(if $(V),,@printf '  %-4s %s\n' HOST $@;)$(HOSTCC) -o $@ $(CHECK_OBJECTS) -lfdt -lmd

$(O)/tools/skerry-crash: tools/skerry-crash
	@mkdir -p $(@D)
	$(if $(V),,@printf '  %-4s %s\n' HOST $@;)install -m 755 $< $@

-include $(CHECK_OBJECTS:.o=.d)
