/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvtest: links and virtio, tested from inside. What a guest with this image does, its
 * bootargs say; see main.c.
 */
#ifndef PVTEST_H
#define PVTEST_H

#include "test.h"

void foreign_run(void);			/* foreign.c */

#endif
