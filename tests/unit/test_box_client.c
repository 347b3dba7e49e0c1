// The control socket's asking side: what is sent, and what becomes of every kind of answer.
#include "alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "box/client.h"
#include "box/wire.h"

typedef struct {
    int mine, theirs;
} link_pair;

static link_pair make(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    return (link_pair){fds[0], fds[1]};
}

static void end(link_pair *l)
{
    close(l->mine);
    if (l->theirs >= 0) close(l->theirs);
}

// What will be answered is laid into the socket before the question: one packet each way.
static void answer(link_pair *l, int32_t status, const char *more, const int *fds, size_t n_fds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } room = {0};
    struct iovec parts[] = {{&status, sizeof status}, {(char *)(uintptr_t)more, strlen(more)}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    if (n_fds) {
        m.msg_control = room.bytes;
        m.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
        memcpy(CMSG_DATA(c), fds, n_fds * sizeof *fds);
    }
    assert_true(sendmsg(l->theirs, &m, 0) > 0);
}

static int count_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_questions(void **state)
{
    (void)state;
    char q[256];
    link_pair l = make();
    answer(&l, 0, "", NULL, 0);
    assert_int_equal(psx_box_client_rename(l.mine, PSX_STR("/a"), PSX_STR("/bcd")), 0);
    assert_int_equal(recv(l.theirs, q, sizeof q, 0), 1 + 4 + 2 + 4 + 4);
    assert_memory_equal(q, "\4\2\0\0\0/a\4\0\0\0/bcd", 15);
    answer(&l, -ENOENT, "", NULL, 0);
    assert_int_equal(psx_box_client_unlink(l.mine, PSX_STR("/a")), -ENOENT);
    assert_int_equal(recv(l.theirs, q, sizeof q, 0), 7);
    assert_int_equal(q[0], PSX_BOX_ASK_UNLINK);
    answer(&l, 0, "{}\n", NULL, 0);
    assert_int_equal(psx_box_client_refused(l.mine, q, sizeof q), 3);
    assert_memory_equal(q, "{}\n", 3);
    end(&l);
}

static void test_descriptors(void **state)
{
    (void)state;
    link_pair l = make();
    int two[] = {0, 1}, before = count_fds();
    answer(&l, 0, "", two, 1);
    int fd = psx_box_client_open(l.mine, PSX_STR("/x"), O_RDWR, 0600);
    assert_true(fd > 2);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    answer(&l, 0, "", NULL, 0); // none where one was asked for
    assert_int_equal(psx_box_client_open(l.mine, PSX_STR("/x"), O_RDWR, 0600), -EPROTO);
    answer(&l, -EACCES, "", two, 1); // one where there should be none
    assert_int_equal(psx_box_client_open(l.mine, PSX_STR("/x"), O_RDWR, 0600), -EACCES);
    answer(&l, 0, "", two, 1);
    assert_int_equal(psx_box_client_unlink(l.mine, PSX_STR("/x")), 0);
    answer(&l, 0, "", two, 2);
    assert_true(psx_box_client_channel(l.mine) < 0);
    assert_int_equal(count_fds(), before);
    end(&l);
}

static void test_answers_that_are_none(void **state)
{
    (void)state;
    char small[2], path[3 * 4096];
    link_pair l = make();
    answer(&l, 0, "too much", NULL, 0);
    assert_int_equal(psx_box_client_refused(l.mine, small, sizeof small), -EPROTO);
    assert_true(send(l.theirs, "ab", 2, 0) == 2);
    assert_int_equal(psx_box_client_unlink(l.mine, PSX_STR("/x")), -EPROTO);
    answer(&l, -100000, "", NULL, 0);
    assert_int_equal(psx_box_client_unlink(l.mine, PSX_STR("/x")), -EPROTO);
    memset(path, 'x', sizeof path);
    assert_int_equal(psx_box_client_unlink(l.mine, (psx_str){path, sizeof path}), -ENAMETOOLONG);
    assert_int_equal(psx_box_client_unlink(-1, PSX_STR("/x")), -EPIPE);
    end(&l);
}

// Last: from then on nobody is asked any more.
static void test_the_other_side_is_gone(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    link_pair l = make(), other = make();
    close(l.theirs);
    l.theirs = -1;
    assert_int_equal(psx_box_client_unlink(l.mine, PSX_STR("/x")), -EPIPE);
    answer(&other, 0, "", NULL, 0);
    assert_int_equal(psx_box_client_unlink(other.mine, PSX_STR("/x")), -EPIPE);
    end(&l);
    end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_the_other_side_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
