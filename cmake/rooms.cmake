# The layer table. One line a room (a folder under slipway/): which rooms it may include (DEPENDS, complete: being allowed
# `wire` does not allow what `wire` includes) and which foreign libraries it uses. CMake builds a static library a room
# from it, and `./dev layers` compares it with the #include lines of the code.
function(slipway_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/slipway/${name}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM ROOM_DEPENDS PREPEND slipway_)
  if(sources)
    add_library(slipway_${name} STATIC ${sources})
    target_include_directories(slipway_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(slipway_${name} PUBLIC ${ROOM_DEPENDS} ${ROOM_USES})
  else()
    add_library(slipway_${name} INTERFACE)
    target_include_directories(slipway_${name} INTERFACE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(slipway_${name} INTERFACE ${ROOM_DEPENDS} ${ROOM_USES})
  endif()
  set_property(GLOBAL APPEND PROPERTY SLIPWAY_ROOMS ${name})
  set_property(GLOBAL PROPERTY SLIPWAY_TESTS_${name} "${tests}")
endfunction()

# One test program a room, of all its *_test.cc files.
function(slipway_add_room_tests)
  get_property(rooms GLOBAL PROPERTY SLIPWAY_ROOMS)
  foreach(room ${rooms})
    get_property(tests GLOBAL PROPERTY SLIPWAY_TESTS_${room})
    if(tests)
      add_executable(${room}_test ${tests})
      target_link_libraries(${room}_test PRIVATE slipway_${room} GTest::gmock GTest::gtest_main)
      # What a test checks is in the libraries; its own code need not be fast, but quick to compile.
      target_compile_options(${room}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
      target_compile_definitions(${room}_test PRIVATE SLIPWAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      add_test(NAME unit.${room} COMMAND ${room}_test --gtest_brief=1 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
      set_tests_properties(unit.${room} PROPERTIES TIMEOUT 300)
    endif()
  endforeach()
endfunction()

set(JSON nlohmann_json::nlohmann_json)

# Layer 0
slipway_room(base USES fmt::fmt spdlog::spdlog tl::expected OpenSSL::Crypto Threads::Threads)

# Layer 1, engines: values in, values out; no socket, database or clock
slipway_room(tabular DEPENDS base USES ${JSON} yaml-cpp ZLIB::ZLIB)
slipway_room(metrics DEPENDS base tabular)
slipway_room(model DEPENDS base tabular USES ${JSON} yaml-cpp external_onnx)
slipway_room(scoring DEPENDS base tabular model USES ${JSON})
# GCC puts the lanes of a walk through trees into vectors, and spends more on getting indices out again than it gains.
set_source_files_properties("${PROJECT_SOURCE_DIR}/slipway/scoring/packed_forest.cc" PROPERTIES
                            COMPILE_OPTIONS "-fno-tree-vectorize;-fno-tree-slp-vectorize")
slipway_room(learn DEPENDS base tabular metrics model USES external_xgboost)
slipway_room(stats DEPENDS base tabular metrics USES ${JSON} Boost::headers)
slipway_room(training DEPENDS base tabular metrics model scoring learn stats USES ${JSON})
slipway_room(kql DEPENDS base USES ${JSON} Boost::headers ZLIB::ZLIB)
slipway_room(expressions DEPENDS base USES ${JSON} PkgConfig::RE2)

# Layer 1, devices: one outside thing each
slipway_room(net DEPENDS base USES Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
slipway_room(sql DEPENDS base USES external_soci)
slipway_room(duck DEPENDS base USES DuckDB::DuckDB)
slipway_room(process DEPENDS base)
slipway_room(mail DEPENDS base USES CURL::libcurl)
slipway_room(blobstore DEPENDS base)

# Layer 2
slipway_room(domain DEPENDS base)
slipway_room(spec DEPENDS base domain expressions USES yaml-cpp ${JSON})
slipway_room(wire DEPENDS base domain tabular USES ${JSON} simdjson::simdjson)

# Layer 3
slipway_room(spool DEPENDS base)
slipway_room(store DEPENDS base domain sql wire USES ${JSON})
slipway_room(logstore DEPENDS base domain duck kql spool USES ${JSON} simdjson::simdjson PkgConfig::RE2)
slipway_room(client DEPENDS base net wire domain USES ${JSON})

# Layer 4, services
slipway_room(registry DEPENDS base domain blobstore model tabular wire net client USES ${JSON} yaml-cpp OpenSSL::Crypto)
slipway_room(environments DEPENDS base domain registry process blobstore USES yaml-cpp)
slipway_room(runner DEPENDS base domain registry environments process blobstore learn stats tabular model USES ${JSON})
slipway_room(endpoints DEPENDS base domain registry environments process blobstore model wire USES ${JSON})
slipway_room(schedules DEPENDS base domain USES external_date)
slipway_room(monitor DEPENDS base domain logstore net process mail stats tabular USES ${JSON})
slipway_room(workflows DEPENDS base domain spec wire expressions process schedules blobstore USES ${JSON} OpenSSL::Crypto)
slipway_room(gateway DEPENDS base net scoring model tabular domain spool process wire
             USES ${JSON} simdjson::simdjson prometheus-cpp::core)

# Layer 5, faces
slipway_room(api DEPENDS base net wire spec domain logstore registry runner endpoints schedules monitor workflows blobstore kql tabular
                         stats
             USES ${JSON} ZLIB::ZLIB)
slipway_room(sdk DEPENDS base tabular metrics learn model scoring stats training client net wire USES ${JSON})
slipway_room(cli DEPENDS base client spec wire domain net expressions tabular stats model scoring learn training process
             USES CLI11::CLI11 ${JSON} yaml-cpp)
target_compile_definitions(slipway_cli PUBLIC SLIPWAY_VERSION="${PROJECT_VERSION}")
