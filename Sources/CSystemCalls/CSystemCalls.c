#include "CSystemCalls.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

ssize_t csystem_receive(int descriptor, void *buffer, size_t length, csystem_datagram_info *info) {
    struct iovec vector = {buffer, length};
    union {
        struct cmsghdr header;
        char bytes[256];
    } control;
    struct msghdr message = {
        .msg_name = &info->source,
        .msg_namelen = sizeof info->source,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    memset(info, 0, sizeof *info);
    ssize_t count = recvmsg(descriptor, &message, MSG_DONTWAIT);
    if (count < 0) return count;
    info->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            struct sockaddr_in *destination = (struct sockaddr_in *)&info->destination;
            destination->sin_family = AF_INET;
            destination->sin_addr = packet.ipi_addr;
            info->interface_index = (uint32_t)packet.ipi_ifindex;
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            struct sockaddr_in6 *destination = (struct sockaddr_in6 *)&info->destination;
            destination->sin6_family = AF_INET6;
            destination->sin6_addr = packet.ipi6_addr;
            destination->sin6_scope_id = packet.ipi6_ifindex;
            info->interface_index = packet.ipi6_ifindex;
        }
    }
    return count;
}

const char *csystem_error_text(int code) { return strerrordesc_np(code); }

int csystem_memory_file(void) { return memfd_create("natctl", MFD_CLOEXEC); }

void csystem_give_memory_back(void) {
    /* One heap for all threads; one for each would hold the peak of each. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 64 << 10);
}

static volatile int signal_outlet = -1;

/* Not in Swift, whose runtime takes locks that the interrupted code may hold: seen to hang, once in
   a hundred pairs of signals. */
static void write_signal(int number, siginfo_t *information, void *context) {
    (void)context;
    int code = errno;
    unsigned char message[2] = {(unsigned char)number, information->si_code == SI_KERNEL};
    /* A full pipe has thousands of signals unread. */
    ssize_t count = write(signal_outlet, message, sizeof message);
    (void)count;
    errno = code;
}

int csystem_catch_signal(int number, int outlet) {
    struct sigaction action = {.sa_sigaction = write_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    signal_outlet = outlet;
    int result = sigaction(number, &action, NULL);
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, number);
    pthread_sigmask(SIG_UNBLOCK, &caught, NULL);
    return result;
}
