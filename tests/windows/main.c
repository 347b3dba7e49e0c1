// tests/fuzz/replay.c has a main of narrow strings; the linker is told to look for wmain.
#include <wchar.h>

int main(int argc, char **argv);
int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    static char narrow[2][4096];
    char *args[] = {narrow[0], narrow[1], 0};
    for (int i = 0; i < argc && i < 2; i++) {
        for (int k = 0; argv[i][k] && k < 4095; k++)
            narrow[i][k] = (char)argv[i][k];
    }
    return main(argc, args);
}
