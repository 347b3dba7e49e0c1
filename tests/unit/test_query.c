// A program that is to hold nothing: what it gets, what it may still do, and what becomes of one
// that does not answer as it should.
#include "alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "os/confine.h"
#include "os/query.h"

extern char **environ;

// ---- the programs: this one, by another name
// --------------------------------------------------------

static int tell_what_it_has(void)
{
    size_t vars = 0, fds = 0;
    for (char **e = environ; e && *e; e++)
        vars++;
    for (int fd = 2; fd < 1024; fd++)
        fds += fcntl(fd, F_GETFD) >= 0;
    printf("%zu %zu", vars, fds);
    return 0;
}

static int echo(void)
{
    char block[256];
    for (ssize_t n; (n = read(0, block, sizeof block)) > 0;) {
        if (write(1, block, (size_t)n) != n) return 1;
    }
    return 0;
}

static int flood(void)
{
    static const char block[4096];
    for (;;) {
        if (write(1, block, sizeof block) < 0) return 1;
    }
}

static int be_program(const char *name)
{
    if (strcmp(name, "has") == 0) return tell_what_it_has();
    if (strcmp(name, "echo") == 0) return echo();
    if (strcmp(name, "flood") == 0) return flood();
    if (strcmp(name, "silent") == 0) return 0;
    if (strcmp(name, "status") == 0) return 3;
    if (strcmp(name, "crash") == 0) raise(SIGKILL);
    if (strcmp(name, "hang") == 0) pause();
    return -1;
}

static psx_rc query(const char *name, psx_str question, int timeout_ms, char *dst, size_t size,
                    psx_os_reply *out)
{
    psx_op op;
    psx_op_init(&op, 1 << 20);
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    *out = (psx_os_reply){.bytes = dst, .size = size};
    psx_rc rc = psx_os_query(&op, self, name, question, timeout_ms, out);
    close(self);
    psx_op_fini(&op);
    return rc;
}

enum { LONG_ENOUGH = 60000 };

static void test_has_nothing(void **state)
{
    (void)state;
    char dst[64];
    psx_os_reply r;
    int other = open("/", O_RDONLY); // inherited by exec, if nothing is done
    setenv("SECRET", "1", 1);
    assert_false(psx_failed(query("has", PSX_STR("?"), LONG_ENOUGH, dst, sizeof dst, &r)));
    close(other);
    assert_int_equal(r.status, 0);
    assert_true(psx_str_is((psx_str){dst, r.n}, "0 0"));
}

static void test_echo(void **state)
{
    (void)state;
    static char big[3 << 20];
    char dst[64];
    psx_os_reply r;
    memset(big, 'x', sizeof big);
    assert_false(psx_failed(query("echo", PSX_STR("hello"), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_int_equal(r.status, 0);
    assert_true(psx_str_is((psx_str){dst, r.n}, "hello"));
    static char all[sizeof big];
    psx_str question = {big, sizeof big};
    assert_false(psx_failed(query("echo", question, LONG_ENOUGH, all, sizeof all, &r)));
    assert_int_equal(r.n, sizeof big);
    // exactly full is an answer, one more is not
    assert_false(psx_failed(query("echo", PSX_STR("12345"), LONG_ENOUGH, dst, 5, &r)));
    assert_int_equal(r.n, 5);
    assert_false(psx_failed(query("echo", PSX_STR("123456"), LONG_ENOUGH, dst, 5, &r)));
    assert_true(r.n > 5);
}

static void test_ends(void **state)
{
    (void)state;
    char dst[64];
    psx_os_reply r;
    assert_false(psx_failed(query("silent", PSX_STR(""), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_true(r.n == 0 && r.status == 0);
    assert_false(psx_failed(query("status", PSX_STR(""), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 3);
    assert_false(psx_failed(query("crash", PSX_STR(""), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_true(WIFSIGNALED(r.status));
    assert_false(psx_failed(query("flood", PSX_STR(""), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_true(r.n > sizeof dst && r.status != 0);
    assert_false(psx_failed(query("hang", PSX_STR(""), 100, dst, sizeof dst, &r)));
    assert_int_equal(r.status, -1);
    signal(SIGCHLD, SIG_IGN); // as some that start npsx leave it
    assert_false(psx_failed(query("status", PSX_STR(""), LONG_ENOUGH, dst, sizeof dst, &r)));
    assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 3);
}

static void test_no_program(void **state)
{
    (void)state;
    psx_op op;
    char dst[64];
    psx_os_reply r = {.bytes = dst, .size = sizeof dst};
    psx_op_init(&op, 1 << 20);
    int text = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    assert_false(psx_failed(psx_os_query(&op, text, "x", PSX_STR(""), LONG_ENOUGH, &r)));
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 127);
    close(text);
    assert_int_equal(psx_os_query(&op, -1, "x", PSX_STR(""), LONG_ENOUGH, &r).code, PSX_E_OS);
    psx_op_fini(&op);
}

// ---- what is left after giving up
// -------------------------------------------------------------------

static void nothing(void)
{
}

static void opens(void)
{
    syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
}

static void connects(void)
{
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void forks(void)
{
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void execs(void)
{
    char *const none[] = {NULL};
    syscall(SYS_execve, "/proc/self/exe", none, none);
}

static void maps(void)
{
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void signals(void)
{
    syscall(SYS_kill, 1, 0);
}

// 1000 + the signal that ended it, or its status.
static int confined(void (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        // Not as one that does not return: AddressSanitizer makes system calls before such a call.
        void (*volatile end)(int) = psx_os_confined_exit;
        if (!psx_os_confine_to_pipes()) _exit(9);
        act();
        bool closed = read(2, &byte, 1) < 0 && errno == EBADF;
        end(psx_os_confined_write("", 0) && closed ? 7 : 8);
    }
    assert_true(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_confined(void **state)
{
    (void)state;
    void (*const acts[])(void) = {opens, connects, forks, execs, maps, signals};
    assert_int_equal(confined(nothing), 7);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        assert_int_equal(confined(acts[i]), 1000 + SIGKILL);
}

int main(int argc, char **argv)
{
    int status = argc == 1 ? be_program(argv[0]) : -1;
    if (status >= 0) return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has_nothing), cmocka_unit_test(test_echo),
        cmocka_unit_test(test_ends),        cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_confined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
