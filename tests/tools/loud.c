// What is loaded says so at once: a constructor runs before anybody could look at what was loaded.
// It is an addon of Node (that exports nothing), an extension of SQLite, and a library.
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

SHOWN int sqlite3_extension_init(void *db, char **error, const void *api);
SHOWN void *napi_register_module_v1(void *env, void *exports);

__attribute__((constructor)) static void say(void)
{
    static const char text[] = "EVIL\n";
    if (write(STDOUT_FILENO, text, sizeof text - 1) < 0) _exit(99);
}

int sqlite3_extension_init(void *db, char **error, const void *api)
{
    (void)db, (void)error, (void)api;
    return 0;
}

void *napi_register_module_v1(void *env, void *exports)
{
    (void)env;
    return exports;
}
