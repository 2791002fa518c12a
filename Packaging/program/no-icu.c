// What libxml2 calls of ICU, as if ICU knew no encoding.
//
// libxml2 asks glibc's iconv first, which knows those of routers. ICU is 31 MB of tables and more
// addresses to relocate at each start than natctl has itself. Only for the static program.
#include <unicode/ucnv.h>

UConverter *ucnv_open(const char *name, UErrorCode *error) {
    (void)name;
    *error = U_FILE_ACCESS_ERROR;
    return NULL;
}

// Without a converter nothing of this is called.

void ucnv_close(UConverter *converter) { (void)converter; }

void ucnv_convertEx(
    UConverter *target, UConverter *source, char **to, const char *to_limit, const char **from,
    const char *from_limit, UChar *pivot, UChar **pivot_source, UChar **pivot_target,
    const UChar *pivot_limit, UBool reset, UBool flush, UErrorCode *error) {
    (void)target, (void)source, (void)to, (void)to_limit, (void)from, (void)from_limit;
    (void)pivot, (void)pivot_source, (void)pivot_target, (void)pivot_limit, (void)reset, (void)flush;
    *error = U_FILE_ACCESS_ERROR;
}

void ucnv_setToUCallBack(
    UConverter *converter, UConverterToUCallback action, const void *context,
    UConverterToUCallback *old_action, const void **old_context, UErrorCode *error) {
    (void)converter, (void)action, (void)context, (void)old_action, (void)old_context, (void)error;
}

void ucnv_setFromUCallBack(
    UConverter *converter, UConverterFromUCallback action, const void *context,
    UConverterFromUCallback *old_action, const void **old_context, UErrorCode *error) {
    (void)converter, (void)action, (void)context, (void)old_action, (void)old_context, (void)error;
}

void UCNV_TO_U_CALLBACK_STOP(
    const void *context, UConverterToUnicodeArgs *arguments, const char *units, int32_t length,
    UConverterCallbackReason reason, UErrorCode *error) {
    (void)context, (void)arguments, (void)units, (void)length, (void)reason, (void)error;
}

void UCNV_FROM_U_CALLBACK_STOP(
    const void *context, UConverterFromUnicodeArgs *arguments, const UChar *units, int32_t length,
    UChar32 point, UConverterCallbackReason reason, UErrorCode *error) {
    (void)context, (void)arguments, (void)units, (void)length, (void)point, (void)reason;
    (void)error;
}
