#pragma once
/* What Swift's Glibc module cannot see: netlink's structures, eventfd, timerfd,
   flock. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/** What the C library says of an errno; NULL for one it does not know. The text is constant. */
const char *csystem_error_text(int code);

/** A file without a name that is closed in children; -1 with errno like memfd_create(2). */
int csystem_memory_file(void);

/** Makes the C library give memory back that a long run no longer needs, at the price of some time. */
void csystem_give_memory_back(void);

/** Catches a signal from now on, and lets the calling thread take it though it was blocked: its number and 1 where the kernel sent it, else 0, are written to
    `outlet` as two bytes, which must not block. -1 with errno like sigaction(2).

    One `outlet` for all signals, the last one named. */
int csystem_catch_signal(int number, int outlet);
