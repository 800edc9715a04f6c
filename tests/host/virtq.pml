/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sleep and wake-up protocol of virtq_driver.h and virtq_device.h, for spin: a driver
 * that posts MESSAGES chains through a queue of SIZE, a device that gives each back, both of
 * which sleep when they have nothing to do. Each side has a buffer of stores that the
 * other does not see yet, which empties at any time, in order; a full barrier empties it.
 * Indices are taken modulo MASK + 1, as the real ones are modulo 2^16.
 *
 * Proven: both sides end (no state where both sleep with work there: spin's invalid end
 * states), nobody takes more than was given (assert).
 * -DEVENT_IDX or, without, flags. To see it fail: -DNO_PUBLISH_BARRIER, -DNO_SLEEP_BARRIER,
 * -DNO_RECHECK.
 */
#ifndef MESSAGES
#define MESSAGES 5
#endif
#define SIZE 2
#define MASK 7

/* Shared words: each has one writer. 0, 1: the driver's; 2, 3: the device's. */
#define AVAIL_IDX 0
#define USED_EVENT 1	/* or, without event index, avail.flags: 1: no interrupts */
#define USED_IDX 2
#define AVAIL_EVENT 3	/* or used.flags: 1: no kicks */

byte word[4];
bit kick, interrupt;	/* pending at the sleeper; they stay until it wakes */

/* What each side has stored and the other does not see yet */
chan driver_stores = [2] of { byte, byte };
chan device_stores = [2] of { byte, byte };

#define store(stores, at, value) stores!at, value
#define full_barrier(stores) empty(stores)

#ifdef NO_PUBLISH_BARRIER
#define publish_barrier(stores) true
#else
#define publish_barrier(stores) full_barrier(stores)
#endif
#ifdef NO_SLEEP_BARRIER
#define sleep_barrier(stores) true
#else
#define sleep_barrier(stores) full_barrier(stores)
#endif

/* Does the peer want to be told that an index went from old to now? */
#ifdef EVENT_IDX
#define wants(event, now, old) (((now - event - 1) & MASK) < ((now - old) & MASK))
#define ASLEEP(next) next
#define AWAKE(next) ((next - 1) & MASK)
#else
#define wants(event, now, old) (event == 0)
#define ASLEEP(next) 0
#define AWAKE(next) 1
#endif

/* The stores of either side become visible, in their order. */
active proctype store_buffers()
{
	byte at, value;
end:
	do
	:: atomic { driver_stores?at, value -> word[at] = value; at = 0; value = 0 }
	:: atomic { device_stores?at, value -> word[at] = value; at = 0; value = 0 }
	od
}

active proctype driver()
{
	byte added, published, taken, seen, left = MESSAGES, event;

	do
	:: left > 0 || added != taken ->
		/* awake */
		if
		:: store(driver_stores, USED_EVENT, AWAKE(taken))
		:: true
		fi;
		/* vqd_add() as long as there is room, vqd_publish() after some of them */
		do
		:: left > 0 && ((added - taken) & MASK) < SIZE ->
			added = (added + 1) & MASK;
			left--
		:: else -> break
		:: added != published -> break
		od;
		if
		:: added != published ->
			store(driver_stores, AVAIL_IDX, added);
			publish_barrier(driver_stores);
			event = word[AVAIL_EVENT];
			if
			:: wants(event, added, published) -> kick = 1
			:: else
			fi;
			published = added
		:: else
		fi;
		/* vqd_take() */
		seen = word[USED_IDX];
		assert(((seen - taken) & MASK) <= ((published - taken) & MASK));
		taken = seen;
		if
		:: left > 0 && ((added - taken) & MASK) < SIZE -> skip
		:: left == 0 && added == taken -> break
		:: else ->
			/* vqd_enable_event(), sleep */
			store(driver_stores, USED_EVENT, ASLEEP(taken));
			sleep_barrier(driver_stores);
#ifndef NO_RECHECK
			seen = word[USED_IDX];
			if
			:: seen != taken -> skip
			:: else -> atomic { interrupt -> interrupt = 0 }
			fi
#else
			atomic { interrupt -> interrupt = 0 }
#endif
		fi
	:: else -> break
	od
}

active proctype device()
{
	byte next, done, told, seen, served, event;

	do
	:: served < MESSAGES ->
		if
		:: store(device_stores, AVAIL_EVENT, AWAKE(next))
		:: true
		fi;
		/* vqv_next() until there is none, vqv_complete() each or all at the end */
		seen = word[AVAIL_IDX];
		assert(((seen - next) & MASK) <= SIZE);
		do
		:: seen != next ->
			next = (next + 1) & MASK;
			if
			:: true
			:: next == seen
			fi;
			done = next;
			served++;
			store(device_stores, USED_IDX, done)
		:: else -> break
		od;
		/* vqv_publish() */
		if
		:: done != told ->
			publish_barrier(device_stores);
			event = word[USED_EVENT];
			if
			:: wants(event, done, told) -> interrupt = 1
			:: else
			fi;
			told = done
		:: else
		fi;
		if
		:: served < MESSAGES ->
			/* vqv_enable_event(), sleep */
			store(device_stores, AVAIL_EVENT, ASLEEP(next));
			sleep_barrier(device_stores);
#ifndef NO_RECHECK
			seen = word[AVAIL_IDX];
			if
			:: seen != next -> skip
			:: else -> atomic { kick -> kick = 0 }
			fi
#else
			atomic { kick -> kick = 0 }
#endif
		:: else
		fi
	:: else -> break
	od
}
