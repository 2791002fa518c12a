#pragma once
/* What Swift's Glibc module cannot see: control messages, netlink's structures, eventfd, timerfd,
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

/** Where a datagram came from, where it was sent to, and by which interface it came. */
typedef struct {
    struct sockaddr_storage source;
    /** ss_family is 0 unless the socket asked for IP_PKTINFO or IPV6_RECVPKTINFO; the port is 0. */
    struct sockaddr_storage destination;
    uint32_t interface_index;
    /** Non-zero when the datagram was longer than the buffer. */
    int truncated;
} csystem_datagram_info;

/** Receives one datagram without blocking; -1 with errno like recvmsg(2). */
ssize_t csystem_receive(int descriptor, void *buffer, size_t length, csystem_datagram_info *info);

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
