/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about page owners that only the debug build's oracle and the host
 * tests ask.
 */
#ifndef TESTS_ORACLE_OWNER_H
#define TESTS_ORACLE_OWNER_H

#include <core/boot/owner.h>
#include <hv/arch.h>

/* Does the whole range belong to (kind, index), by one record? */
bool owner_check(struct range at, enum owner_kind kind, uint8_t index);

/* May stage 2 of guest `index` map the range as `kind`? */
bool owner_may_map(struct range at, uint8_t index, enum s2_kind kind);

/* Are the records whole and apart from each other? */
bool owner_audit(void);

#endif
