/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping the DMA of a stopped guest's devices, as their descriptions say.
 */
#ifndef CORE_QUIESCE_H
#define CORE_QUIESCE_H

#include <core/guest.h>

/* All of the guest's vCPUs are off. False: a device did not stop within its
 * limit (said on the console): the guest's memory must not be used again. */
bool quiesce_devices(const struct guest *g) nodiscard;

#endif
