/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arrays of core/guest.h. Boot fills them.
 */
#include <core/guest.h>

struct system the_system;
struct guest guests[SKERRY_GUEST_MAX];
uint32_t guest_count;
struct pcpu pcpus[SKERRY_CPU_MAX];
