#include "world.h"
const test_case cases_hostile[] = {{0}};
