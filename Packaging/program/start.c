// The static program's first instructions: memory that every start writes to is had at once.
//
// Relocating the program and starting its runtime write to 150 pages, each of which would be a page
// fault of its own, twice as many where it is read first. One system call for all of them makes a
// start a tenth shorter. A kernel older than 5.14 refuses it, which changes nothing.
//
// Nothing is relocated yet: only what is reached from the instruction itself can be used.
#include <elf.h>
#include <linux/mman.h>
#include <stdint.h>
#include <sys/syscall.h>

#define PAGE 4096UL

__attribute__((visibility("hidden"))) extern const char __ehdr_start[];

static void have(uintptr_t begin, uintptr_t end) {
    uintptr_t first = begin & -PAGE;
    uintptr_t length = ((end + PAGE - 1) & -PAGE) - first;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_madvise), "D"(first), "S"(length), "d"(MADV_POPULATE_WRITE)
                     : "rcx", "r11", "memory");
}

__attribute__((used, no_stack_protector)) static void have_memory(void) {
    uintptr_t base = (uintptr_t)__ehdr_start;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        uintptr_t begin = base + segment[i].p_vaddr, end = begin + segment[i].p_memsz;
        // What is relocated and then read, and what begins as zeros. Of the rest few pages change.
        if (segment[i].p_type == PT_GNU_RELRO) have(begin, end);
        if (segment[i].p_type == PT_LOAD && segment[i].p_memsz > segment[i].p_filesz)
            have(begin + segment[i].p_filesz, end);
    }
}

// The kernel's arguments for _start are on the stack and in %rdx.
__asm__(".globl natctl_start\n"
        ".type natctl_start, @function\n"
        "natctl_start:\n"
        "    push %rdx\n"
        "    push %rdx\n"
        "    call have_memory\n"
        "    pop %rdx\n"
        "    pop %rdx\n"
        "    jmp _start\n");
