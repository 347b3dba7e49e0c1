// The parts of src/os/win by tables; and, for the record, what this system's own verification is
// worth. Prints a line per failure and `N passed, N failed`.
#include <windows.h>
#include <sddl.h>
#include <shellapi.h>
#include <wincrypt.h>

#include "os/win/command.h"
#include "os/win/owner.h"
#include "os/win/path.h"
#include "os/win/start.h"
#include "os/win/text.h"

static unsigned passed, failed;

static void expect(bool ok, const char *what, psx_str about)
{
    if (ok)
        passed++;
    else
        failed++;
    if (!ok) printf("not so: %s: %.*s\n", what, PSX_FMT(about));
}

// ---- command lines ------------------------------------------------------------------------------

static const psx_str hostile[] = {
    PSX_STR_INIT("plain"),
    PSX_STR_INIT(""),
    PSX_STR_INIT(" "),
    PSX_STR_INIT("a b"),
    PSX_STR_INIT("tab\there"),
    PSX_STR_INIT("line\nfeed\r"),
    PSX_STR_INIT("\""),
    PSX_STR_INIT("\"\""),
    PSX_STR_INIT("\"\"\""),
    PSX_STR_INIT("a\"b"),
    PSX_STR_INIT("a\"\"b"),
    PSX_STR_INIT("\\"),
    PSX_STR_INIT("\\\\"),
    PSX_STR_INIT("a\\"),
    PSX_STR_INIT("a b\\"),
    PSX_STR_INIT("a b\\\\"),
    PSX_STR_INIT("a\\b"),
    PSX_STR_INIT("\\\""),
    PSX_STR_INIT("\\\\\""),
    PSX_STR_INIT("a\\\\\\\"b c"),
    PSX_STR_INIT("\" --evil=\""),
    PSX_STR_INIT("\\\" --evil \\\""),
    PSX_STR_INIT("& calc.exe"),
    PSX_STR_INIT("| > < ^ %PATH% !x!"),
    PSX_STR_INIT("%COMSPEC%"),
    PSX_STR_INIT("'single quotes'"),
    PSX_STR_INIT("C:\\Program Files\\x\\"),
    PSX_STR_INIT("*"),
    PSX_STR_INIT("?.c"),
    PSX_STR_INIT("gr\xc3\xbc\xc3\x9f"),
    PSX_STR_INIT("\xf0\x9f\x93\xa6 box"),
    PSX_STR_INIT("--packsec-plan=8,1"),
    PSX_STR_INIT("--"),
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static bool same(psx_op *op, const wchar_t *wide, psx_str text)
{
    psx_str back;
    return !psx_failed(psx_win_utf8(op, "x", wide, &back)) && psx_str_eq(back, text);
}

static void test_command(psx_op *op)
{
    psx_buf line;
    wchar_t *wide = NULL;
    psx_buf_init(&line, op);
    psx_rc rc = psx_win_command_add(&line, PSX_STR("node"));
    for (size_t i = 0; i < HOSTILE && !psx_failed(rc); i++)
        rc = psx_win_command_add(&line, hostile[i]);
    if (!psx_failed(rc)) rc = psx_win_wide(op, "x", psx_buf_str(&line), &wide);
    int n = 0;
    wchar_t **words = psx_failed(rc) ? NULL : CommandLineToArgvW(wide, &n);
    expect(words && n == HOSTILE + 1, "CommandLineToArgvW finds as many words", PSX_STR("all"));
    for (int i = 0; words && i < HOSTILE && i + 1 < n; i++)
        expect(same(op, words[i + 1], hostile[i]), "CommandLineToArgvW reads it back", hostile[i]);
}

// This program again, as the engine: its C runtime must read the same words, and the memory the
// same bytes.
static void test_start(psx_op *op)
{
    psx_str argv[HOSTILE + 1], self = {0};
    argv[0] = PSX_STR("node");
    memcpy(argv + 1, hostile, sizeof hostile);
    psx_win_start_request request = {.plan = PSX_STR("the plan"), .argv = argv, .n = HOSTILE + 1};
    void *process = NULL;
    unsigned long status = 99;
    psx_rc rc = psx_win_path_self(op, &self);
    request.program = self;
    if (!psx_failed(rc)) rc = psx_win_start(op, &request, &process);
    if (!psx_failed(rc)) rc = psx_win_start_wait(op, process, &status);
    expect(!psx_failed(rc), "it starts", psx_str_from(op->fail.message));
    expect(status == 0, "the C runtime reads all words back, and the memory holds the plan", self);
    psx_fail_clear(op);
}

static int be_engine(int argc, wchar_t **argv)
{
    psx_op op;
    unsigned long long memory = 0, n = 0;
    psx_op_init(&op, 1 << 24);
    if (swscanf(argv[1], L"--packsec-plan=%llu,%llu", &memory, &n) != 2 || n != 8) return 1;
    const char *p = MapViewOfFile((HANDLE)(uintptr_t)memory, FILE_MAP_READ, 0, 0, 0);
    if (!p || memcmp(p, "the plan", 8) != 0) return 2;
    if (argc != HOSTILE + 2) return 3;
    for (int i = 0; i < HOSTILE; i++) {
        if (!same(&op, argv[i + 2], hostile[i])) return 10 + i;
    }
    return 0;
}

// ---- names --------------------------------------------------------------------------------------

static void test_text(psx_op *op)
{
    static const psx_str bad[] = {PSX_STR_INIT("\xff"), PSX_STR_INIT("\xc0\xaf"),
                                  PSX_STR_INIT("\xed\xa0\x80"), PSX_STR_INIT("\xf5\x80\x80\x80"),
                                  PSX_STR_INIT("a\0b")};
    static const wchar_t *const halves[] = {L"\xd800", L"a\xdc00", L"\xdc00\xd800", L"\xd83d x"};
    wchar_t *wide;
    psx_str text;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect(psx_failed(psx_win_wide(op, "x", bad[i], &wide)), "is no UTF-8", bad[i]);
        psx_fail_clear(op);
    }
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        expect(psx_failed(psx_win_utf8(op, "x", halves[i], &text)), "is no UTF-16",
               PSX_STR("half"));
        psx_fail_clear(op);
    }
}

typedef struct {
    psx_str base, typed, full; // full absent: refused
} path_row;

#define S(x) PSX_STR_INIT(x)
static const path_row paths[] = {
    {S("C:\\p"), S("a.json"), S("C:\\p\\a.json")},
    {S("C:\\p"), S("./a.json"), S("C:\\p\\a.json")},
    {S("C:\\p"), S("..\\q\\.\\a.json"), S("C:\\q\\a.json")},
    {S("C:\\p"), S("../../../a"), S("C:\\a")},
    {S("C:\\p"), S("D:\\x//y\\"), S("D:\\x\\y")},
    {S("C:\\p"), S("\\\\server\\share\\d\\..\\f"), S("\\\\server\\share\\f")},
    {S("C:\\p"), S("//server/share/f"), S("\\\\server\\share\\f")},
    {S("C:\\p"), S("\\\\?\\C:\\x\\y"), S("C:\\x\\y")},
    {S("C:\\p"), S("\\\\?\\UNC\\server\\share\\f"), S("\\\\server\\share\\f")},
    {S("C:\\p"), S("gr\xc3\xbc\xc3\x9f"), S("C:\\p\\gr\xc3\xbc\xc3\x9f")},
    {S("C:\\p"), S(""), {0}},
    {S("C:\\p"), S("\\\\.\\PhysicalDrive0"), {0}},
    {S("C:\\p"), S("\\\\.\\pipe\\x"), {0}},
    {S("C:\\p"), S("\\\\?\\GLOBALROOT\\Device\\x"), {0}},
    {S("C:\\p"), S("CON"), {0}},
    {S("C:\\p"), S("a.json:stream"), {0}},
    {S("C:\\p"), S("a.json::$DATA"), {0}},
    {S("C:\\p"), S("C:\\a.json:x:$DATA"), {0}},
};

static void test_path(psx_op *op)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const path_row *r = &paths[i];
        psx_str full = {0};
        psx_rc rc = psx_win_path_full(op, r->base, r->typed, &full);
        bool as_told = r->full.p ? !psx_failed(rc) && psx_str_eq(full, r->full) : psx_failed(rc);
        expect(as_told, full.p ? full.p : "refused", r->typed);
        psx_fail_clear(op);
    }
    expect(psx_str_is(psx_win_path_parent(PSX_STR("C:\\a\\b")), "C:\\a"), "parent",
           PSX_STR("C:\\a\\b"));
    expect(psx_str_is(psx_win_path_parent(PSX_STR("C:\\a")), "C:\\"), "parent", PSX_STR("C:\\a"));
    expect(psx_str_is(psx_win_path_parent(PSX_STR("C:\\")), "C:\\"), "parent", PSX_STR("C:\\"));
    psx_str share = PSX_STR("\\\\s\\h");
    expect(psx_str_eq(psx_win_path_parent(share), share), "parent", share);
    expect(psx_str_eq(psx_win_path_parent(PSX_STR("\\\\s\\h\\x")), share), "parent",
           PSX_STR("\\\\s\\h\\x"));
}

// ---- owners -------------------------------------------------------------------------------------

#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
static const struct {
    const char *sddl;
    bool is_systems;
} owners[] = {
    {"O:BAD:(A;;FA;;;BA)(A;;FA;;;SY)(A;;FRFX;;;BU)", true},
    {"O:SYD:(A;;FA;;;SY)", true},
    {"O:" INSTALLER "D:(A;;FA;;;" INSTALLER ")(A;;FRFX;;;WD)", true},
    {"O:BAD:(A;OICIIO;GA;;;CO)(A;;FA;;;BA)", true}, // what is made inside later
    {"O:BAD:(D;;FA;;;WD)(A;;FRFX;;;WD)", true},     // a denial takes nothing away here
    {"O:BAD:", true},                               // an empty list: nobody
    {"O:BA", false},                                // no list: everybody
    {"O:BUD:(A;;FA;;;BA)", false},                  // Users own it
    {"O:S-1-5-21-1-2-3-1000D:(A;;FA;;;BA)", false}, // somebody owns it
    {"O:S-1-5-80-1-2-3-4-5D:(A;;FA;;;BA)", false},  // another service
    {"O:BAD:(A;;FA;;;BA)(A;;0x2;;;BU)", false},     // write data, add a file
    {"O:BAD:(A;;0x4;;;BU)", false},                 // append, add a directory
    {"O:BAD:(A;;0x40;;;BU)", false},                // remove what lies inside
    {"O:BAD:(A;;SD;;;WD)", false},                  // remove it
    {"O:BAD:(A;;WD;;;AU)", false},                  // change who may
    {"O:BAD:(A;;WO;;;AU)", false},                  // become the owner
    {"O:BAD:(A;;GA;;;BU)", false},
    {"O:BAD:(A;;GW;;;BU)", false},
    {"O:BAD:(A;;FA;;;CO)", false},
    {"O:BAD:(OA;;RP;;;BU)", false}, // a kind of entry that is not understood
};

static void test_owner(void)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        PSECURITY_DESCRIPTOR sd;
        psx_str text = psx_str_from(owners[i].sddl);
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(owners[i].sddl, SDDL_REVISION_1,
                                                                  &sd, NULL)) {
            expect(!owners[i].is_systems, "cannot be made here", text);
            continue;
        }
        expect(psx_win_owner_is_system(sd) == owners[i].is_systems, "is as told", text);
        LocalFree(sd);
    }
}

// ---- what the system's own verification is worth ------------------------------------------------

static size_t slurp(const wchar_t *path, BYTE *to, size_t max)
{
    FILE *f = _wfopen(path, L"rb");
    size_t n = f ? fread(to, 1, max, f) : 0;
    if (f) fclose(f);
    return n;
}

// `unit verify CONTENT SIGNATURE`: prints what CryptVerifyDetachedMessageSignature says.
static int ask_system(wchar_t **argv)
{
    static BYTE content[1 << 16], signature[1 << 16];
    DWORD n = (DWORD)slurp(argv[2], content, sizeof content);
    DWORD s = (DWORD)slurp(argv[3], signature, sizeof signature);
    CRYPT_VERIFY_MESSAGE_PARA para = {
        .cbSize = sizeof para, .dwMsgAndCertEncodingType = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING};
    const BYTE *parts[] = {content};
    BOOL good = CryptVerifyDetachedMessageSignature(&para, 0, signature, s, 1, parts, &n, NULL);
    puts(good ? "accepted" : "refused");
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc > 1 && !wcsncmp(argv[1], L"--packsec-plan=", 15)) return be_engine(argc, argv);
    if (argc == 4 && !wcscmp(argv[1], L"verify")) return ask_system(argv);
    if (argc == 2 && !wcscmp(argv[1], L"wait")) return getchar() == EOF ? 0 : 1;
    psx_op op;
    psx_op_init(&op, 1 << 26);
    test_command(&op);
    test_start(&op);
    test_text(&op);
    test_path(&op);
    test_owner();
    psx_op_fini(&op);
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
