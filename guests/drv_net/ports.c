// SPDX-License-Identifier: BSD-2-Clause
/*
 * drv_net's start: the uplink's device, the net links with their parameters as the device
 * tree gives them (mac, isolated, uplink, rate-limit-kbps), and their offers.
 */
#include "drv_net.h"

#define F_MTU		(1ull << 3)	/* VIRTIO 1.2, 5.1.3 */
#define F_MAC		(1ull << 5)
#define F_STATUS	(1ull << 16)
#define VENDOR		0x59524b53	/* "SKRY" */
#define QUEUE_SIZE	256
#define LINK_UP		1
#define MTU		1500
#define UPLINK_QUEUE	128
#define UPLINK_PAUSE_S	1		/* between two attempts at a broken device */

struct net_config {			/* 5.1.4, its begin */
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_pairs;
	uint16_t mtu;
};

struct port ports[SKERRY_PORT_MAX];
struct switch_core sw;
struct virtio_net uplink;
bool has_uplink;
static uint64_t uplink_pause;		/* not before this time */

static bool has_flag(uint32_t port, const char *name)
{
	uint32_t size;

	return link_bytes(port, NULL, name, &size) != NULL;
}

/* The port's own MAC: as given, or made from the link's name, and no other port's. */
static uint64_t choose_mac(uint32_t port, const char *name)
{
	uint32_t size = 0;
	const uint8_t *given = link_bytes(port, NULL, "mac", &size);
	uint64_t mac = given && size == 6 ? switch_mac(given) : switch_mac_of_name(name);

	for (uint32_t i = 0; i < port; i++) {
		if (sw.port[i].mac == mac) {
			mac++;
			i = ~0u;		/* from the first again */
		}
	}
	return mac;
}

static void describe(uint32_t port, const struct switch_port *s)
{
	printf("drv_net: link %s: %02x:%02x:%02x:%02x:%02x:%02x%s%s", ports[port].link,
	       (uint32_t)(s->mac >> 40), (uint32_t)(s->mac >> 32) & 255,
	       (uint32_t)(s->mac >> 24) & 255, (uint32_t)(s->mac >> 16) & 255,
	       (uint32_t)(s->mac >> 8) & 255, (uint32_t)s->mac & 255,
	       s->has_uplink ? ", uplink" : "", s->is_isolated ? ", isolated" : "");
	if (s->sends.kbps) {
		printf(", %lu kbit/s", s->sends.kbps);
	}
	printf("\n");
	if (s->has_uplink && !has_uplink) {
		printf("drv_net: link %s: there is no uplink\n", ports[port].link);
	}
	if (s->is_isolated && !s->has_uplink) {
		printf("drv_net: link %s: isolated and without the uplink: reaches nobody\n",
		       ports[port].link);
	}
}

static int64_t offer(struct port *p, uint32_t port)
{
	struct net_config config = { .status = LINK_UP, .max_pairs = 1, .mtu = MTU };
	const struct skerry_msg_offer o = {
		.device_id = SKERRY_LINK_NET, .vendor_id = VENDOR,
		.features = F_MTU | F_MAC | F_STATUS, .config_size = sizeof(config),
		.queue_count = 2, .queue_size_max = QUEUE_SIZE,
	};

	for (unsigned i = 0; i < 6; i++) {
		config.mac[i] = (uint8_t)(sw.port[port].mac >> (40 - 8 * i));
	}
	return back_open(&p->back, port, &o, &config);
}

static bool port_open(uint32_t port, const struct skerry_link *l)
{
	struct port *p = &ports[port];
	struct switch_port *s = &sw.port[port];
	int64_t result;

	p->link = l->name;
	s->has_filter = true;
	s->is_isolated = has_flag(port, "isolated");
	s->has_uplink = has_flag(port, "uplink");
	s->mac = choose_mac(port, l->name);
	s->sends.kbps = s->receives.kbps = link_number(port, NULL, "rate-limit-kbps", 0);
	result = offer(p, port);
	if (result != SKERRY_OK) {
		printf("drv_net: link %s: not offered, error %ld\n", p->link, result);
		return false;
	}
	step();
	describe(port, s);
	return p->is_offered = true;
}

uint32_t ports_open(void)
{
	uint32_t count = 0;
	const struct skerry_link *l;

	for (uint32_t i = 0; (l = link_info(i)) != NULL; i++) {
		if (l->type == SKERRY_LINK_NET && l->role == SKERRY_BACK) {
			count += port_open(i, l);
		}
	}
	return count;
}

static void uplink_start(void)
{
	int64_t result = virtio_net_start(&uplink, UPLINK_QUEUE);

	switch_open(&sw, UPLINK, result == SKERRY_OK);
	if (result != SKERRY_OK) {
		printf("drv_net: the uplink's device does not start: error %ld\n", result);
	}
}

void uplink_open(void)
{
	struct bank memory = { (free_base() + 4095) & ~4095ull, 0 };

	memory.size = (free_base() + free_size() - memory.base) & ~8191ull;
	has_uplink = virtio_open_mmio(&uplink.virtio, VIRTIO_ID_NET, 0, memory) == SKERRY_OK;
	sw.port[UPLINK].is_uplink = true;
	if (has_uplink) {
		uplink_start();
	}
}

void uplink_check(void)
{
	if (has_uplink && uplink.virtio.is_broken && time_now() >= uplink_pause) {
		printf("drv_net: the uplink's device broke the rules: begins anew\n");
		uplink_pause = time_now() + UPLINK_PAUSE_S * time_hz();
		uplink_start();
	}
}
