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

/** The sender of the next ICMP error on a UDP socket with IP_RECVERR, such as a router that a
    datagram did not pass, in `sender`; its type and code as 256 * type + code. -1 with errno like
    recvmsg(2), or ENOMSG for an error of another origin. */
int csystem_icmp_sender(int socket, struct sockaddr_in *sender);

/** A file without a name that is closed in children; -1 with errno like memfd_create(2). */
int csystem_memory_file(void);

/** Makes the C library give memory back that a long run no longer needs, at the price of some time. */
void csystem_give_memory_back(void);

/** Catches a signal from now on, and lets the calling thread take it though it was blocked: its number and 1 where the kernel sent it, else 0, are written to
    `outlet` as two bytes, which must not block. -1 with errno like sigaction(2).

    One `outlet` for all signals, the last one named. */
int csystem_catch_signal(int number, int outlet);

/** Lets each signal that is caught end this process at once, with 128 and its number, when the first
    one came longer ago than `window` nanoseconds; a negative one lets none. */
void csystem_end_at_second_signal(int64_t window);

/** How many nanoseconds ago the first signal came while `csystem_end_at_second_signal` was in force;
    -1 for none. */
int64_t csystem_time_since_signal(void);
