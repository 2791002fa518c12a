#pragma once
/* Debian and Ubuntu build libxml2 with ICU, whose headers clash with Foundation's own copy as soon
   as one program sees both. Switching ICU off after xmlversion.h keeps those headers out. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
