// ICU's data, emptied: a static libxml2 links 31 MB of it for encodings glibc's iconv has too.
//
// Only for the fully static natctl: in a dynamic program it would replace the real ICU's data.
// ICU_DATA is the symbol the installed ICU asks for, such as icudt72_dat.
#include <stdint.h>

struct icu_data_header {
    uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size, reserved;
    uint8_t is_big_endian, character_family, character_size, reserved_byte;
    uint8_t format[4], format_version[4], data_version[4];
    char padding[8];
    uint32_t entry_count, end;
};

const struct icu_data_header ICU_DATA __attribute__((aligned(16))) = {
    .header_size = 32,
    .magic = {0xda, 0x27},
    .info_size = 20,
    .character_size = 2,
    .format = "ToCP",
    .format_version = {1},
};
