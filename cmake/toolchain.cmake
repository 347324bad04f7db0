# Compiler settings shared by every target: warnings, sanitizers, and the faster linker and compiler cache when present.
option(SLIPWAY_ASSERTIONS "Keep SLIPWAY_ASSERT in the build" ON)
option(SLIPWAY_WERROR "Treat warnings as errors" OFF)
set(SLIPWAY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# -g1 keeps line numbers in stack traces at a third of the object size.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

add_compile_options(-Wall -Wextra -Wpedantic)
# GCC 12 warns of string operations of its own standard library once they are inlined (GCC bugs 105329, 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict)
endif()
if(SLIPWAY_WERROR)
  add_compile_options(-Werror)
endif()
if(SLIPWAY_ASSERTIONS)
  add_compile_definitions(SLIPWAY_ASSERTIONS)
endif()
if(SLIPWAY_SANITIZE)
  add_compile_options(-fsanitize=${SLIPWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLIPWAY_SANITIZE})
endif()

option(SLIPWAY_FUZZ "Build the fuzz targets (clang only)" OFF)
if(SLIPWAY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(SLIPWAY_CCACHE ccache)
if(SLIPWAY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLIPWAY_CCACHE})
endif()
# Rooms name the libraries they may use; a program loads those that it does.
add_link_options(-Wl,--as-needed)
find_program(SLIPWAY_MOLD mold)
if(SLIPWAY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
