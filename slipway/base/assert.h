// SLIPWAY_ASSERT: for what only a programmer of this project can break, never for input.
#pragma once

#include <cstdio>
#include <cstdlib>

#ifdef SLIPWAY_ASSERTIONS
#define SLIPWAY_ASSERT(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
#else
#define SLIPWAY_ASSERT(condition) \
  do {                            \
  } while (false)
#endif
