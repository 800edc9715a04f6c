/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside drv_net: what its files share. main.c owns the loop, ports.c the links' ends and
 * their parameters, frames.c the copying from window to window.
 */
#ifndef DRV_NET_H
#define DRV_NET_H

#include "back.h"
#include "step.h"
#include "virtio_net.h"
#include "switch.h"

#define NET_HEADER	12u		/* struct virtio_net_hdr_v1 */
#define NET_RECEIVE	0u		/* the front end's queues */
#define NET_SEND	1u
#define NET_PARTS	64u		/* segments of a chain */
#define UPLINK		SKERRY_PORT_MAX	/* its number in the switch; a link's is its port */

struct port {
	struct back back;
	const char *link;
	bool is_offered;
	bool has_work;			/* perhaps frames to send */
	bool is_dirty[2];		/* by queue: completed, not published */
	bool has_told;			/* of a forged frame, in this life */
};

/* A frame on its way: its head is private, the rest lies where its sender has it. */
struct net_frame {
	uint8_t front[NET_HEADER];	/* as the receiver finds it: virtio's header, then ours */
	uint8_t head[SWITCH_HEAD];
	uint32_t size;			/* all of it */
	const struct vqv_chain *chain;	/* it is behind a header in these readable parts, */
	const uint8_t *bytes;		/* or, NULL there, here */
};

extern struct switch_core sw;
extern struct port ports[SKERRY_PORT_MAX];
extern struct virtio_net uplink;
extern bool has_uplink;


/* Offers a device on every net link whose back end is here; how many. */
uint32_t ports_open(void);
void uplink_open(void);
/* Has the uplink's device stopped working? Then begin with it anew. */
void uplink_check(void);

/* Frames of one port, or of the uplink, to where they go; true: there are more. */
bool frames_of_port(uint32_t number);
bool frames_of_uplink(void);
/* Tell all who got or gave frames. */
void frames_publish(void);

#endif
