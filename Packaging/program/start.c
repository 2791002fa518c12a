// The static program's entry point: it maps the memory that every start writes to.
//
// Relocation and the start of the runtime write to 150 pages. Each would be a page fault of its own,
// and two where the page is read first; three system calls for all of them make a start a tenth
// shorter. Kernels before 5.14 refuse the call, and the faults happen one by one.
//
// Nothing is relocated yet, so this uses no address from a table and no function of the C library.
#include <elf.h>
#include <linux/mman.h>
#include <stdint.h>
#include <sys/syscall.h>

#define PAGE 4096UL

__attribute__((visibility("hidden"))) extern const char __ehdr_start[];

static void populate(uintptr_t begin, uintptr_t end) {
    uintptr_t first = begin & -PAGE;
    uintptr_t length = ((end + PAGE - 1) & -PAGE) - first;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_madvise), "D"(first), "S"(length), "d"(MADV_POPULATE_WRITE)
                     : "rcx", "r11", "memory");
}

__attribute__((used, no_stack_protector)) static void populate_memory(void) {
    uintptr_t base = (uintptr_t)__ehdr_start;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        uintptr_t begin = base + segment[i].p_vaddr, end = begin + segment[i].p_memsz;
        // The relocated read-only data, and .bss. A start changes few pages of the other data.
        if (segment[i].p_type == PT_GNU_RELRO) populate(begin, end);
        if (segment[i].p_type == PT_LOAD && segment[i].p_memsz > segment[i].p_filesz)
            populate(begin + segment[i].p_filesz, end);
    }
}

// _start expects the stack and %rdx as the kernel has left them.
__asm__(".globl natctl_start\n"
        ".type natctl_start, @function\n"
        "natctl_start:\n"
        "    push %rdx\n"
        "    push %rdx\n"  // keeps the stack aligned
        "    call populate_memory\n"
        "    pop %rdx\n"
        "    pop %rdx\n"
        "    jmp _start\n");
