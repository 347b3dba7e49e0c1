// An addon that does to the supervisor of its box what an attacker in the engine would: asks for
// channels and writes orders.
//
//     start(spawner, [argument, ...], n_stdio) -> wait status of npsx-spawn, which has the engine's
//     descriptor 1 as its own write(bytes) -> status of the answer on a channel, written by the
//     engine itself; -1: none flood(n) -> how many channels were given
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STRINGS = 32, ROOM = 4096, ASK_CHANNEL = 1 };

static int control_socket(void)
{
    for (int fd = 3; fd < 128; fd++) {
        int type = 0;
        socklen_t n = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_SEQPACKET)
            return fd;
    }
    return -1;
}

static int ask_channel(void)
{
    char ask = ASK_CHANNEL, room[CMSG_SPACE(sizeof(int))];
    int status = -1, fd = -1, control = control_socket();
    struct iovec part = {&status, sizeof status};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    if (control < 0 || write(control, &ask, 1) != 1) return -1;
    if (recvmsg(control, &m, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof status || status != 0) return -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c) memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

static napi_value number(napi_env env, int n)
{
    napi_value v = NULL;
    napi_create_int32(env, n, &v);
    return v;
}

static napi_value start(napi_env env, napi_callback_info info)
{
    static char text[STRINGS][ROOM];
    char *argv[STRINGS + 1] = {NULL}, *envp[] = {NULL}, program[ROOM];
    size_t argc = 3, length;
    napi_value v[3], item;
    uint32_t n = 0;
    int32_t n_stdio = 0;
    napi_get_cb_info(env, info, &argc, v, NULL, NULL);
    napi_get_value_string_utf8(env, v[0], program, sizeof program, &length);
    napi_get_array_length(env, v[1], &n);
    napi_get_value_int32(env, v[2], &n_stdio);
    for (uint32_t i = 0; i < n && i < STRINGS; i++) {
        napi_get_element(env, v[1], i, &item);
        napi_get_value_string_utf8(env, item, text[i], ROOM, &length);
        argv[i] = text[i];
    }
    int channel = ask_channel(), status = -1;
    if (channel < 0) return number(env, -1);
    posix_spawn_file_actions_t acts;
    posix_spawn_file_actions_init(&acts);
    posix_spawn_file_actions_adddup2(&acts, channel, n_stdio);
    pid_t pid;
    int e = posix_spawn(&pid, program, &acts, NULL, argv, envp);
    close(channel);
    if (e != 0) return number(env, -e);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return number(env, status);
}

static napi_value forge(napi_env env, napi_callback_info info)
{
    size_t argc = 1, size = 0;
    napi_value v[1];
    void *bytes = NULL;
    struct {
        unsigned what;
        int status;
    } answer = {0, -1};
    napi_get_cb_info(env, info, &argc, v, NULL, NULL);
    napi_get_buffer_info(env, v[0], &bytes, &size);
    int channel = ask_channel();
    if (channel < 0) return number(env, -2);
    if (write(channel, bytes, size) != (ssize_t)size) return number(env, -3);
    struct pollfd p = {.fd = channel, .events = POLLIN};
    if (poll(&p, 1, 5000) == 1 && read(channel, &answer, sizeof answer) != (ssize_t)sizeof answer)
        answer.status = -1;
    close(channel);
    return number(env, answer.status);
}

static napi_value flood(napi_env env, napi_callback_info info)
{
    size_t argc = 1;
    napi_value v[1];
    int32_t n = 0, got = 0;
    static int fds[4096];
    napi_get_cb_info(env, info, &argc, v, NULL, NULL);
    napi_get_value_int32(env, v[0], &n);
    for (; got < n && got < 4096; got++) {
        fds[got] = ask_channel();
        if (fds[got] < 0) break;
    }
    for (int i = 0; i < got; i++) {
        close(fds[i]);
    }
    return number(env, got);
}

NAPI_MODULE_INIT(/* env, exports */)
{
    static const struct {
        const char *name;
        napi_callback fn;
    } all[] = {{"start", start}, {"write", forge}, {"flood", flood}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        napi_value fn;
        napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].fn, NULL, &fn);
        napi_set_named_property(env, exports, all[i].name, fn);
    }
    return exports;
}
