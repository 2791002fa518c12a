#pragma once
/* Debian and Ubuntu build libxml2 with ICU, whose headers clash with Foundation's own copy as soon
   as one program sees both. Switching ICU off after xmlversion.h keeps those headers out. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

/** How one parse went. */
typedef struct {
    /** Where the error is, both counted from 1; 0 when unknown. */
    int line, column;
    /** Non-zero when the document has a DOCTYPE; nothing behind it was read. */
    int has_doctype;
} clibxml2_parse_report;

/* Stands in for the SAX handler that would begin to build a DTD: before any entity exists. */
static inline void clibxml2_stop_at_doctype(
    void *context, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id) {
    (void)name, (void)external_id, (void)system_id;
    xmlParserCtxtPtr parser = (xmlParserCtxtPtr)context;
    *(int *)parser->_private = 1;
    xmlStopParser(parser);
}

/**
 * Parses a document of `length` bytes that says nothing of entities and fetches nothing.
 *
 * The result is the caller's, to be freed with xmlFreeDoc; it is NULL when the document is not
 * well-formed or has a DOCTYPE.
 * XML_PARSE_NO_XXE is written as a number because libxml2 knows the name only since 2.13.
 */
static inline xmlDocPtr clibxml2_parse(
    const char *bytes, int length, clibxml2_parse_report *report) {
    *report = (clibxml2_parse_report){0};
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (!parser) return NULL;
    parser->_private = &report->has_doctype;
    parser->sax->internalSubset = clibxml2_stop_at_doctype;
    xmlDocPtr document = xmlCtxtReadMemory(
        parser, bytes, length, NULL, NULL,
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
            XML_PARSE_NOBLANKS | XML_PARSE_COMPACT | (1 << 23));
    const xmlError *error = xmlCtxtGetLastError(parser);
    if (error) {
        report->line = error->line;
        report->column = error->int2;
    }
    int is_refused = report->has_doctype || !parser->wellFormed ||
                     (document && (document->intSubset || document->extSubset));
    if (is_refused && document) {
        xmlFreeDoc(document);
        document = NULL;
    }
    xmlFreeParserCtxt(parser);
    return document;
}

/* How many documents the loader below was asked for; one copy, because one file imports this. Swift
   emits a function's variable, but none that stands by itself. */
static inline int *clibxml2_refused_load_count(void) {
    static int count;
    return &count;
}

static inline xmlParserInputPtr clibxml2_load_nothing(
    const char *url, const char *id, xmlParserCtxtPtr parser) {
    (void)url, (void)id, (void)parser;
    __atomic_fetch_add(clibxml2_refused_load_count(), 1, __ATOMIC_RELAXED);
    return NULL;
}

/** Makes the library load no other document for anybody in this process. */
static inline void clibxml2_refuse_loads(void) { xmlSetExternalEntityLoader(clibxml2_load_nothing); }

/** How many documents were asked for since. */
static inline int clibxml2_refused_loads(void) {
    return __atomic_load_n(clibxml2_refused_load_count(), __ATOMIC_RELAXED);
}
