// libFuzzer's entry point (https://llvm.org/docs/LibFuzzer.html), which comes without a header.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(
    int *argc, char ***argv, int (*test_one_input)(const uint8_t *data, size_t size));
