# The SDK as one shared library with its headers (find_package(Slipway), target Slipway::sdk), from the build tree and from an
# installation alike; and the programs.
file(WRITE "${PROJECT_BINARY_DIR}/sdk_library.cc" "// The SDK's code is the static rooms linked below.\n")
add_library(slipway_sdk_shared SHARED "${PROJECT_BINARY_DIR}/sdk_library.cc")
target_link_libraries(slipway_sdk_shared PRIVATE -Wl,--whole-archive slipway_sdk -Wl,--no-whole-archive)
set_target_properties(slipway_sdk_shared PROPERTIES OUTPUT_NAME slipway VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME sdk LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
target_include_directories(slipway_sdk_shared INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

install(TARGETS slipway_sdk_shared EXPORT SlipwayTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY slipway/sdk/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/slipway/sdk FILES_MATCHING PATTERN "*.h")
install(EXPORT SlipwayTargets NAMESPACE Slipway:: FILE SlipwayConfig.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Slipway)
export(EXPORT SlipwayTargets NAMESPACE Slipway:: FILE "${PROJECT_BINARY_DIR}/SlipwayConfig.cmake")

# libduckdb.so and our own library stand beside each other; the programs find both without LD_LIBRARY_PATH.
set(programs "")
foreach(program slipway slipway-serve slipway-gateway slipway-workflow-job slipway-step)
  if(TARGET ${program})
    list(APPEND programs ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  endif()
endforeach()
if(programs)
  install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES "${DuckDB_LIBRARY}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY examples/credit-card-default DESTINATION ${CMAKE_INSTALL_DATADIR}/slipway/examples USE_SOURCE_PERMISSIONS)
