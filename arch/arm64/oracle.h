/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debug build's oracle: after every exit, does the guest's stage 2 map
 * only what the page-owner records give it? Nothing in other builds.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <core/guest.h>

#ifdef DEBUG
void oracle_check(const struct vcpu *v);
#else
static inline void oracle_check(const struct vcpu *v) { (void)v; }
#endif

#endif
