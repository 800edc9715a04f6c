// SPDX-License-Identifier: BSD-2-Clause
/*
 * An scmi link's platform: what the link's rights allow, what they don't, and messages that our
 * agent never sends. The rights are those of the port's node in the tree.
 */
#include "gpiotest.h"
#include "../lib/virtio_scmi.h"

static struct virtio_scmi scmi;
static uint32_t the_port;

static bool begin(void)
{
	int64_t result = virtio_open_link(&scmi.virtio, the_port);

	result = result == SKERRY_OK ? virtio_scmi_start(&scmi) : result;
	check(result == SKERRY_OK, "start %ld", result);
	return result == SKERRY_OK;
}

static bool list_has(const char *name, uint32_t id)
{
	uint32_t size = 0;
	const uint8_t *list = link_bytes(the_port, NULL, name, &size);

	for (uint32_t i = 0; list && i < size; i += 4) {
		if (list[i + 3] == id && id < 256) {
			return true;
		}
	}
	return false;
}

/* The highest number of two lists, and one. */
static uint32_t count_of(const char *a, const char *b)
{
	uint32_t count = 0;

	for (uint32_t id = 0; id < 256; id++) {
		count = list_has(a, id) || list_has(b, id) ? id + 1 : count;
	}
	return count;
}

static void test_base(void)
{
	uint32_t answer[5], none = 0, caller = ~0u;
	uint32_t clocks = count_of("skerry,clocks", "skerry,clocks-read-only");
	uint32_t powers = count_of("skerry,power-domains", "skerry,power-domains-read-only");
	uint32_t protocols = (clocks ? 1u : 0) + (powers ? 1u : 0);

	if (!begin()) {
		return;
	}
	check(virtio_scmi_ask(&scmi, SCMI_BASE, SCMI_VERSION, NULL, 0, answer, 1) == 0 &&
	      answer[0] == 0x20000, "version");
	check(virtio_scmi_ask(&scmi, SCMI_BASE, SCMI_ATTRIBUTES, NULL, 0, answer, 1) == 0 &&
	      answer[0] == (0x100u | protocols), "attributes 0x%x", answer[0]);
	check(virtio_scmi_ask(&scmi, SCMI_BASE, BASE_VENDOR, NULL, 0, answer, 4) == 0 &&
	      strcmp((char *)answer, "Skerry") == 0, "vendor");
	check(virtio_scmi_ask(&scmi, SCMI_BASE, BASE_SUB_VENDOR, NULL, 0, answer, 4) == 0 &&
	      strcmp((char *)answer, "drv_gpio") == 0, "sub vendor");
	check(virtio_scmi_ask(&scmi, SCMI_BASE, BASE_PROTOCOLS, &none, 1, answer, 2) == 0 &&
	      answer[0] == protocols, "protocols %u", answer[0]);
	check(virtio_scmi_ask(&scmi, SCMI_BASE, BASE_AGENT, &caller, 1, answer, 5) == 0 &&
	      answer[0] == 1 && strcmp((char *)&answer[1], link_info(the_port)->name) == 0,
	      "agent");
	check(virtio_scmi_ask(&scmi, SCMI_CLOCK, SCMI_ATTRIBUTES, NULL, 0, answer, 1) ==
	      (clocks ? 0 : SCMI_NOT_SUPPORTED) && (!clocks || answer[0] == clocks), "clocks");
	check(virtio_scmi_ask(&scmi, SCMI_POWER, SCMI_ATTRIBUTES, NULL, 0, answer, 4) ==
	      (powers ? 0 : SCMI_NOT_SUPPORTED) && (!powers || answer[0] == powers), "powers");
}

/* Numbers of the lists, beside them, and far away. */
static void test_clocks(void)
{
	bool is_there = count_of("skerry,clocks", "skerry,clocks-read-only") != 0;
	uint64_t rate, least, most;

	if (!begin()) {
		return;
	}
	for (uint32_t id = 0; id < 1u << 31; id = id < 260 ? id + 1 : id * 2) {
		bool writes = list_has("skerry,clocks", id), reads = writes ||
			list_has("skerry,clocks-read-only", id);
		int32_t may_not = is_there ? SCMI_NOT_FOUND : SCMI_NOT_SUPPORTED;

		check(virtio_scmi_rate(&scmi, id, &rate) == (reads ? 0 : may_not), "get %u", id);
		check(virtio_scmi_range(&scmi, id, &least, &most) == (reads ? 0 : may_not),
		      "range %u", id);
		check(!reads || (least <= rate && rate <= most && rate), "rates of %u", id);
		may_not = reads ? SCMI_DENIED : may_not;
		check(virtio_scmi_set_rate(&scmi, id, 1000000) == (writes ? 0 : may_not),
		      "set %u", id);
		check(virtio_scmi_enable(&scmi, id, true) == (writes ? 0 : may_not),
		      "enable %u", id);
		if (reads) {
			printf("gpiotest: clock %u: %lu Hz\n", id, rate);
		}
	}
}

static void test_power(void)
{
	bool is_there = count_of("skerry,power-domains", "skerry,power-domains-read-only") != 0;
	bool is_on;

	if (!begin()) {
		return;
	}
	for (uint32_t id = 0; id < 260; id++) {
		bool writes = list_has("skerry,power-domains", id), reads = writes ||
			list_has("skerry,power-domains-read-only", id);
		int32_t may_not = !is_there ? SCMI_NOT_SUPPORTED :
				  reads ? SCMI_DENIED : SCMI_NOT_FOUND;
		int32_t got = virtio_scmi_power(&scmi, id, &is_on);

		/* QEMU's firmware knows no tag that gets a state */
		check(reads ? got == 0 || got == SCMI_HARDWARE_ERROR : got == may_not,
		      "get %u: %d", id, got);
		check(virtio_scmi_set_power(&scmi, id, true) == (writes ? 0 : may_not), "set %u",
		      id);
	}
}

/* Protocols, messages and sizes that there are not. */
static void test_refused(void)
{
	uint32_t in[8] = { 0 }, answer[12], found;

	if (!begin()) {
		return;
	}
	for (uint32_t protocol = 0; protocol < 256; protocol++) {
		int32_t status = virtio_scmi_ask(&scmi, protocol, 0x7f, in, 0, answer, 0);

		check(status == SCMI_NOT_SUPPORTED, "protocol 0x%x: %d", protocol, status);
	}
	for (uint32_t message = 0; message < 256; message++) {
		found = virtio_scmi_ask(&scmi, SCMI_BASE, SCMI_MESSAGE_ATTRIBUTES, &message, 1,
					answer, 1) == 0;
		check(found == (message < 8), "message %u", message);
		check(virtio_scmi_ask(&scmi, SCMI_BASE, message, in, 7, answer, 0) ==
		      (message < 8 ? SCMI_PROTOCOL_ERROR : SCMI_NOT_SUPPORTED), "size of %u",
		      message);
	}
	check(virtio_scmi_ask(&scmi, SCMI_BASE, 0x100, in, 0, answer, 0) == SCMI_PROTOCOL_ERROR,
	      "a delayed answer's type");
}

/* No message, or no place for an answer: the device is gone until it is reset. */
static void test_forbidden(void)
{
	static const uint32_t sizes[][2] = { { 3, 64 }, { 4, 7 }, { 1, 1 } };

	for (uint32_t i = 0; i < ARRAY_SIZE(sizes) && begin(); i++) {
		const struct virtq_buffer b[2] = { { (uint64_t)scmi.out, sizes[i][0] },
						   { (uint64_t)scmi.in, sizes[i][1] } };

		check(virtio_add(&scmi.virtio, 0, b, 1, 1, NULL) >= 0, "add");
		virtio_kick(&scmi.virtio, 0);
		while (!virtio_check(&scmi.virtio)) {
			sleep_unless(NULL, NULL, 1000);
		}
	}
	if (begin()) {		/* an answer that does not fit */
		const struct virtq_buffer b[2] = { { (uint64_t)scmi.out, 4 },
						   { (uint64_t)scmi.in, 8 } };

		scmi.out[0] = BASE_VENDOR | SCMI_BASE << 10;
		virtio_add(&scmi.virtio, 0, b, 1, 1, NULL);
		virtio_kick(&scmi.virtio, 0);
		while (!virtio_take(&scmi.virtio, 0, NULL, NULL)) {
			sleep_unless(NULL, NULL, 1000);
		}
		check((int32_t)scmi.in[1] == SCMI_PROTOCOL_ERROR, "status %d", (int)scmi.in[1]);
	}
}

void scmi_run(uint32_t port)
{
	static const struct test tests[] = {
		{ "base", test_base }, { "skerry,clocks", test_clocks }, { "power", test_power },
		{ "refused", test_refused }, { "forbidden", test_forbidden },
	};

	the_port = port;
	tests_run(tests, ARRAY_SIZE(tests));
}
