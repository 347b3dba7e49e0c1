// What must not compile: functions whose safe use cannot be seen at the call.
// Included by base/str.h and so by everything. Foreign headers (windows.h, openssl, node_api.h) go
// BEFORE the first "base/..." include, because a poisoned name may not even be declared afterwards.
// Instead: psx_buf for building text, psx_str for slices, psx_str_to_u64 for numbers.
#ifndef PSX_BASE_BANNED_H
#define PSX_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <alloca.h>
#endif

#undef alloca
#undef strdupa
#undef strndupa
#undef strcpy
#undef strncpy
#undef strcat
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf
#undef gets
#undef popen
#undef strtok

// How the formatting functions read their formats; MinGW's are not those of its C library.
#ifdef __MINGW_PRINTF_FORMAT
#define PSX_PRINTF(fmt, args) __attribute__((format(__MINGW_PRINTF_FORMAT, fmt, args)))
#else
#define PSX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif

#pragma GCC poison strcpy strncpy stpcpy strcat strncat sprintf vsprintf gets strtok
#pragma GCC poison alloca strdupa strndupa
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison mktemp tmpnam tempnam popen
#pragma GCC poison gmtime localtime ctime asctime

#endif
