// What a supervised process passes to its supervisor: addresses, control messages, netlink
// requests. Whatever is understood must hold: lengths, and nothing of the caller's bytes where ours
// belong.
#include "box/address.h"
#include "box/message.h"
#include "fuzz.h"

static void check_address(const psx_box_socket *sock, const psx_box_address *a)
{
    PROMISE(a->to_n <= sizeof a->to && a->name_n < sizeof a->name);
    PROMISE(memchr(a->text, 0, sizeof a->text) != NULL);
    PROMISE(a->port >= 0 && a->port <= 65535);
    switch (a->kind) {
    case PSX_ADDRESS_IP: {
        // What is decided about is where the kernel is led.
        psx_box_address again;
        uint8_t bytes[sizeof(struct sockaddr_storage)] = {0};
        psx_box_socket same = *sock;
        memcpy(bytes, &a->to, a->to_n);
        if (a->to.any.sa_family == AF_INET) same.domain = AF_INET;
        PROMISE(psx_box_address_parse(&same, PSX_ADDRESS_CONNECT, bytes, a->to_n, &again) == 0);
        PROMISE(again.kind == PSX_ADDRESS_IP && again.port == a->port &&
                memcmp(again.ip, a->ip, sizeof a->ip) == 0 && strcmp(again.text, a->text) == 0);
        PROMISE(a->text[0] != '\0');
        break;
    }
    case PSX_ADDRESS_PATH: PROMISE(a->name_n > 0 && strlen(a->name) == a->name_n); break;
    case PSX_ADDRESS_ABSTRACT:
        PROMISE(a->to.unix_.sun_path[0] == '\0' && a->to_n == sizeof(sa_family_t) + 1 + a->name_n);
        break;
    default: break;
    }
}

static void check_control(int domain, const psx_box_control *c)
{
    PROMISE(c->control_n <= sizeof c->control && c->n_fds <= PSX_MESSAGE_FDS);
    PROMISE(domain == AF_UNIX ? c->control_n == 0 : c->n_fds == 0);
    struct msghdr m = {.msg_control = (void *)c->control, .msg_controllen = c->control_n};
    size_t n = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        PROMISE(h->cmsg_len >= sizeof *h && h->cmsg_level != SOL_SOCKET);
        n += CMSG_ALIGN(h->cmsg_len);
    }
    PROMISE(n == c->control_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int domains[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW};
    static psx_box_control control;
    psx_box_address a;
    if (size < 3) return 0;
    psx_box_socket sock = {domains[data[0] % 5], types[data[1] % 4], 0};
    if (sock.domain == AF_INET || sock.domain == AF_INET6)
        sock.protocol = sock.type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
    if (data[1] & 0x80) sock.protocol = data[1] & 0x7f;
    const uint8_t *bytes = data + 3;
    size_t n = size - 3, most = sizeof(struct sockaddr_storage);
    int rc = psx_box_address_parse(&sock, (psx_box_address_use)(data[2] % 3), bytes,
                                   n < most ? n : most, &a);
    PROMISE(rc <= 0);
    if (rc == 0) check_address(&sock, &a);
    if (psx_box_control_parse(sock.domain, bytes, n, &control) == 0)
        check_control(sock.domain, &control);
    (void)psx_box_netlink_only_asks(bytes, n);
    return 0;
}
