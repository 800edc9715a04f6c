// SPDX-License-Identifier: BSD-2-Clause
/*
 * nettest beyond the uplink: the gateway of QEMU's user network, 10.0.2.2, answers to ARP
 * (RFC 826) and to an ICMP echo (RFC 792). This station is 10.0.2.(100 + id).
 */
#include "nettest.h"

#define TRIES		20
#define PAUSE_US	500000ull
#define PING_SIZE	98u		/* 14 Ethernet, 20 IP, 8 ICMP, 56 data */

static uint8_t gateway[6];
static const uint8_t gateway_ip[4] = { 10, 0, 2, 2 };

static void put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static uint32_t internet_sum(const uint8_t *at, uint32_t size)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < size; i += 2) {
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	}
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return ~sum & 0xffff;
}

static void put_own_ip(uint8_t *at)
{
	memcpy(at, gateway_ip, 3);
	at[3] = (uint8_t)(100 + self);
}

static void send_arp(void)
{
	static const uint8_t begin[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t *frame = frame_new(TO_ALL, self, TYPE_ARP);

	if (frame) {
		memset(frame + HEAD, 0, 28);
		memcpy(frame + HEAD, begin, sizeof(begin));
		memcpy(frame + HEAD + 8, frame + 6, 6);
		put_own_ip(frame + HEAD + 14);
		memcpy(frame + HEAD + 24, gateway_ip, 4);
		frame_send(frame, HEAD + 28);
	}
}

static bool is_arp_answer(const uint8_t *frame, uint32_t size)
{
	if (size < HEAD + 28 || frame_type(frame) != TYPE_ARP || frame[HEAD + 7] != 2 ||
	    memcmp(frame + HEAD + 14, gateway_ip, 4) != 0) {
		return false;
	}
	memcpy(gateway, frame + HEAD + 8, 6);
	return true;
}

static void send_ping(void)
{
	uint8_t *frame = frame_new(0, self, TYPE_IP), *ip, *icmp;

	if (!frame) {
		return;
	}
	ip = frame + HEAD;
	icmp = ip + 20;
	memcpy(frame, gateway, 6);
	memset(ip, 0, PING_SIZE - HEAD);
	ip[0] = 0x45;
	put16(ip + 2, PING_SIZE - HEAD);
	ip[8] = 64;
	ip[9] = 1;
	put_own_ip(ip + 12);
	memcpy(ip + 16, gateway_ip, 4);
	put16(ip + 10, internet_sum(ip, 20));
	icmp[0] = 8;
	for (uint8_t i = 8; i < 64; i++) {
		icmp[i] = i;
	}
	put16(icmp + 2, internet_sum(icmp, 64));
	frame_send(frame, PING_SIZE);
}

static bool is_pong(const uint8_t *frame, uint32_t size)
{
	return size >= PING_SIZE && frame_type(frame) == TYPE_IP && frame[HEAD + 9] == 1 &&
	       frame[HEAD + 20] == 0 && memcmp(frame + HEAD + 12, gateway_ip, 4) == 0 &&
	       internet_sum(frame + HEAD + 20, 64) == 0 && frame[HEAD + 28 + 55] == 63;
}

/* Sends until the right answer comes. */
static bool ask(void (*send)(void), bool (*is_answer)(const uint8_t *frame, uint32_t size))
{
	for (uint32_t i = 0; i < TRIES; i++) {
		uint32_t size;
		uint8_t *frame;

		send();
		while ((frame = frame_wait(&size, PAUSE_US))) {
			bool is_right = is_answer(frame, size);

			virtio_net_release(&net, frame);
			if (is_right) {
				return true;
			}
		}
	}
	return false;
}

void uplink_answers(void)
{
	if (!arg_has("uplink")) {
		test_skip("not asked for");
		return;
	}
	check(ask(send_arp, is_arp_answer), "ARP");
	check(ask(send_ping, is_pong), "ICMP");
}
