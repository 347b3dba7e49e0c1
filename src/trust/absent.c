// What libcrypto links and npsx-verify has no use for: libraries that are loaded while it runs, and
// names of hosts. Without these a static program would carry libc's loader and resolver, which load
// libraries themselves.
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>

void *dlopen(const char *file, int mode)
{
    (void)file;
    (void)mode;
    return NULL;
}

void *dlsym(void *handle, const char *name)
{
    (void)handle;
    (void)name;
    return NULL;
}

int dlclose(void *handle)
{
    (void)handle;
    return -1;
}

char *dlerror(void)
{
    return NULL;
}

int dladdr(const void *address, Dl_info *info)
{
    (void)address;
    (void)info;
    return 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    (void)node;
    (void)service;
    (void)hints;
    *out = NULL;
    return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

int getnameinfo(const struct sockaddr *address, socklen_t n, char *host, socklen_t host_size,
                char *service, socklen_t service_size, int flags)
{
    (void)address;
    (void)n;
    (void)host;
    (void)host_size;
    (void)service;
    (void)service_size;
    (void)flags;
    return EAI_FAIL;
}

const char *gai_strerror(int error)
{
    (void)error;
    return "";
}

struct hostent *gethostbyname(const char *name)
{
    (void)name;
    return NULL;
}
