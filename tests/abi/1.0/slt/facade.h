/* SPDX-License-Identifier: MIT */
/* <slt/facade.h> as it was at ABI 1.0, without its comments. Kept as it is: facades built with it have to load for ever. */
#ifndef SLT_FACADE_H
#define SLT_FACADE_H 
#include <stddef.h>
#include <string.h>
#define SLT_ABI_MAJOR 1
#define SLT_ABI_MINOR 0
#ifndef SLT_NEED_MINOR
#define SLT_NEED_MINOR 0
#endif
#ifdef __cplusplus
#define SLT_C extern "C"
#else
#define SLT_C extern
#endif
#if defined(__GNUC__)
#define SLT_EXPORT __attribute__((visibility("default")))
#define SLT_PRINTF(fmt,first) __attribute__((format(printf, fmt, first)))
#else
#define SLT_EXPORT 
#define SLT_PRINTF(fmt,first) 
#endif
struct slt_text {
 const char *ptr;
 size_t len;
};
struct slt_row {
 size_t size;
 size_t n_cells;
 const struct slt_text *cells;
};
struct slt_setting {
 const char *name;
 const char *default_value;
 const char *help;
 int secret;
};
struct slt_doc;
struct slt_host;
struct slt_facade {
 size_t size;
 unsigned abi_major;
 unsigned abi_minor;
 size_t setting_size;
 const char *name;
 const char *version;
 const char *summary;
 const struct slt_setting *settings;
 const char *const *identity;
 const char *(*fetch)(const void *facade);
 int (*message)(const void *facade, const struct slt_row *log,
         struct slt_doc *doc);
 const char *(*mark_as_sent)(const void *facade);
 void *(*open)(const struct slt_host *host);
 void (*close)(void *facade);
 const char *(*clear)(const void *facade);
 const char *(*mark_as_unsent)(const void *facade);
 int (*mapping)(const void *facade, struct slt_doc *doc);
 int (*check)(const void *facade, const struct slt_host *host);
};
#define SLT_FACADE_HEAD \
 .size = sizeof(struct slt_facade), .abi_major = SLT_ABI_MAJOR, \
 .abi_minor = SLT_NEED_MINOR, .setting_size = sizeof(struct slt_setting)
#define SLT_FACADE(module) \
 SLT_C SLT_EXPORT const struct slt_facade module##_LTX_slt_facade; \
 const struct slt_facade module##_LTX_slt_facade
static inline struct slt_text slt_str(const char *s)
{
 struct slt_text t;
 t.ptr = s;
 t.len = s ? strlen(s) : 0;
 return t;
}
static inline int slt_is_null(struct slt_text t)
{
 return t.ptr == NULL;
}
static inline int slt_is_empty(struct slt_text t)
{
 return t.ptr == NULL || t.len == 0;
}
static inline int slt_is(struct slt_text t, const char *s)
{
 return t.ptr != NULL && t.len == strlen(s) && memcmp(t.ptr, s, t.len) == 0;
}
enum slt_dialect { SLT_POSTGRESQL = 1, SLT_MYSQL = 2, SLT_SQLITE = 3 };
enum slt_level { SLT_ERROR = 3, SLT_WARNING = 4, SLT_INFO = 6, SLT_DEBUG = 7 };
struct slt_host {
 size_t size;
 const char *(*setting)(const struct slt_host *host, const char *name);
 enum slt_dialect (*dialect)(const struct slt_host *host);
 const char *(*column)(const struct slt_host *host, const char *table,
         const char *column);
 void (*log)(const struct slt_host *host, enum slt_level level, const char *format,
      ...) SLT_PRINTF(3, 4);
 void *(*fail)(const struct slt_host *host, const char *format, ...)
  SLT_PRINTF(2, 3);
};
struct slt_doc {
 size_t size;
 int (*refuse)(struct slt_doc *doc, const char *reason);
 void (*object)(struct slt_doc *doc, const char *name);
 void (*array)(struct slt_doc *doc, const char *name);
 void (*end)(struct slt_doc *doc);
 void (*text)(struct slt_doc *doc, const char *name, struct slt_text value);
 void (*join)(struct slt_doc *doc, const char *name, const char *separator,
       const struct slt_text *parts, size_t n_parts);
 void (*number)(struct slt_doc *doc, const char *name, struct slt_text value);
 void (*boolean)(struct slt_doc *doc, const char *name, int value);
 void (*time)(struct slt_doc *doc, const char *name, struct slt_text value);
 void (*json)(struct slt_doc *doc, const char *name, struct slt_text value);
 void (*members)(struct slt_doc *doc, struct slt_text object, const char *except);
 struct slt_text (*find)(struct slt_doc *doc, struct slt_text object,
    const char *name);
};
static inline const char *slt_setting(const struct slt_host *host, const char *name)
{
 return host->setting(host, name);
}
static inline enum slt_dialect slt_dialect(const struct slt_host *host)
{
 return host->dialect(host);
}
static inline const char *slt_column(const struct slt_host *host, const char *table,
         const char *column)
{
 return host->column(host, table, column);
}
#define slt_log(host,...) ((host)->log((host), __VA_ARGS__))
#define slt_fail(host,...) ((host)->fail((host), __VA_ARGS__))
static inline struct slt_text slt_cell(const struct slt_row *log, size_t i)
{
 return i < log->n_cells ? log->cells[i] : slt_str(NULL);
}
static inline int slt_refuse(struct slt_doc *doc, const char *reason)
{
 return doc->refuse(doc, reason);
}
static inline void slt_begin_object(struct slt_doc *doc, const char *name)
{
 doc->object(doc, name);
}
static inline void slt_begin_array(struct slt_doc *doc, const char *name)
{
 doc->array(doc, name);
}
static inline void slt_end(struct slt_doc *doc)
{
 doc->end(doc);
}
static inline void slt_put_text(struct slt_doc *doc, const char *name,
    struct slt_text value)
{
 doc->text(doc, name, value);
}
static inline void slt_put_join(struct slt_doc *doc, const char *name,
    const char *separator, const struct slt_text *parts,
    size_t n_parts)
{
 doc->join(doc, name, separator, parts, n_parts);
}
static inline void slt_put_number(struct slt_doc *doc, const char *name,
      struct slt_text value)
{
 doc->number(doc, name, value);
}
static inline void slt_put_boolean(struct slt_doc *doc, const char *name, int value)
{
 doc->boolean(doc, name, value);
}
static inline void slt_put_time(struct slt_doc *doc, const char *name,
    struct slt_text value)
{
 doc->time(doc, name, value);
}
static inline void slt_put_json(struct slt_doc *doc, const char *name,
    struct slt_text value)
{
 doc->json(doc, name, value);
}
static inline void slt_put_members(struct slt_doc *doc, struct slt_text object,
       const char *except)
{
 doc->members(doc, object, except);
}
static inline struct slt_text slt_find(struct slt_doc *doc, struct slt_text object,
           const char *name)
{
 return doc->find(doc, object, name);
}
#endif
