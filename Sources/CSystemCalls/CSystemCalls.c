#include "CSystemCalls.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

const char *csystem_error_text(int code) { return strerrordesc_np(code); }

int csystem_icmp_sender(int socket, struct sockaddr_in *sender) {
    char data[64];
    union {
        struct cmsghdr alignment;
        char bytes[512];
    } control;
    struct iovec part = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return -1;
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
        /* The kernel lays the offender's address after the error. */
        struct sock_extended_err error;
        if (each->cmsg_level != IPPROTO_IP || each->cmsg_type != IP_RECVERR ||
            each->cmsg_len < CMSG_LEN(sizeof error + sizeof *sender))
            continue;
        memcpy(&error, CMSG_DATA(each), sizeof error);
        memcpy(sender, CMSG_DATA(each) + sizeof error, sizeof *sender);
        if (error.ee_origin != SO_EE_ORIGIN_ICMP || sender->sin_family != AF_INET) continue;
        return error.ee_type << 8 | error.ee_code;
    }
    errno = ENOMSG;
    return -1;
}

int csystem_memory_file(void) { return memfd_create("natctl", MFD_CLOEXEC); }

void csystem_give_memory_back(void) {
    /* One heap for all threads; one for each would hold the peak of each. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 64 << 10);
}

static volatile int signal_outlet = -1;
/* In nanoseconds of the clock that Swift's ContinuousClock reads; 0 for none. */
static _Atomic int64_t first_signal;
static _Atomic int64_t copy_window = -1;

static int64_t present(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void csystem_end_at_second_signal(int64_t window) { copy_window = window; }

int64_t csystem_time_since_signal(void) {
    int64_t first = first_signal;
    return first == 0 ? -1 : present() - first;
}

/* Not in Swift, whose runtime takes locks that the interrupted code may hold: seen to hang, once in
   a hundred pairs of signals. */
static void write_signal(int number, siginfo_t *information, void *context) {
    (void)context;
    int code = errno;
    if (copy_window >= 0) {
        int64_t now = present(), first = 0;
        if (!atomic_compare_exchange_strong(&first_signal, &first, now) &&
            now - first > copy_window)
            _exit(128 + number);
    }
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
