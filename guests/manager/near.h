/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was meant by a word that is not quite right.
 */
#ifndef NEAR_H
#define NEAR_H

/* NULL: nothing is near enough. */
const char *near_guest(const char *word);
const char *near_command(const char *word);

#endif
