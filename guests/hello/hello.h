/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside hello only.
 */
#ifndef HELLO_H
#define HELLO_H

#include "guest.h"

void ports_check(void);		/* tells its ends of links, tries what is mapped for them */
void dirty_check(void);		/* says "nothing left over" or what is; then dirties everything */

#endif
