// SPDX-License-Identifier: BSD-2-Clause
/*
 * See pv_peer.h.
 */
#include "pv_machine.h"
#include "pv_peer.h"
#include "../../../pv/link.c"

static _Alignas(4096) uint8_t memory[MIB(11)];
uint8_t *const peer_window = memory;

void peer_reset(void)
{
	machine_reset();
	memset(scrubbed, 0, sizeof(scrubbed));
	for (unsigned i = 0; i < LINKS; i++) {
		links[i] = (struct pv_link){ .lock = LOCK_INIT(LOCK_LINK) };
	}
	memset(memory, 0, sizeof(memory));
	fake.memory = memory;
	fake.memory_base = WINDOWS_AT;
	fake.memory_size = sizeof(memory);
}

void peer_start(unsigned guest)
{
	machine_start(guest);
}

void peer_stop(unsigned guest, bool will_restart)
{
	guests[guest].next_state = will_restart ? GUEST_LOADING : GUEST_STOPPED;
	machine_stop(guest);
}

bool peer_stop_step(unsigned guest)
{
	return pv_stop_step(&guests[guest]) == PV_DONE;
}

int64_t peer_message(unsigned guest, void *message)
{
	struct skerry_msg m;
	int64_t result;

	memcpy(&m, message, sizeof(m));
	result = ask(guest, PEER_PORT, m.id, m.bytes, m.size - SKERRY_MSG_HEADER);
	memcpy(message, &answer, sizeof(answer));
	return result;
}

bool peer_event(unsigned guest, uint32_t *bits)
{
	*bits = events_of(guest, PEER_PORT);
	return *bits != 0;
}

void peer_up(void)
{
	disk_up();
}

int64_t peer_status(int64_t set)
{
	int64_t result;

	if (set >= 0) {
		result = ask_words(FRONT_GUEST, DISK, SKERRY_MSG_SET_STATUS, 1, (uint32_t)set);
		if (result != SKERRY_OK) {
			return result;
		}
	}
	result = ask(FRONT_GUEST, DISK, SKERRY_MSG_GET_STATUS, NULL, 0);
	return result == SKERRY_OK ? answer.w[0] : result;
}

unsigned peer_forced(unsigned guest)
{
	return forced[guest];
}
