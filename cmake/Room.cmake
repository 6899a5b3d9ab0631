# kferry_room(<name> [DIR <dir below src>] USES <rooms...> [LIBS <libraries...>])
# Makes the static library kferry_<name> of every .cpp in the room's folder (a room of headers only
# becomes an INTERFACE library). A room's doors are in include/kferry/<dir>, its inside in
# src/<dir>.
function(kferry_room name)
  cmake_parse_arguments(ROOM "" "DIR" "USES;LIBS" ${ARGN})
  if(NOT ROOM_DIR)
    set(ROOM_DIR ${name})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${ROOM_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM ROOM_USES PREPEND kferry_ OUTPUT_VARIABLE rooms)
  if(sources)
    add_library(kferry_${name} STATIC ${sources})
    target_include_directories(kferry_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                              PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(kferry_${name} PUBLIC ${rooms} ${ROOM_LIBS} PRIVATE kferry_warnings)
  else()
    add_library(kferry_${name} INTERFACE)
    target_include_directories(kferry_${name} INTERFACE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(kferry_${name} INTERFACE ${rooms} ${ROOM_LIBS})
  endif()
endfunction()

# kferry_tests(<label> <folder below tests> ROOMS <rooms...> [LIBS ...] [SHARDS n])
# One test program of every *_test.cpp in the folder; ctest runs it under the label. A test file can
# not be forgotten: it is found by its name. With SHARDS ctest runs it in so many pieces.
function(kferry_tests label folder)
  cmake_parse_arguments(TESTS "" "SHARDS" "ROOMS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" program ${folder})
  list(TRANSFORM TESTS_ROOMS PREPEND kferry_ OUTPUT_VARIABLE rooms)
  add_executable(${program} ${sources})
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${program} PRIVATE ${rooms} ${TESTS_LIBS} GTest::gtest_main kferry_warnings)
  if(KFERRY_SANITIZE STREQUAL "thread")
    target_sources(${program} PRIVATE $<TARGET_OBJECTS:kferry_tsan_c11_threads>)
  endif()
  if(NOT TESTS_SHARDS)
    set(TESTS_SHARDS 1)
  endif()
  math(EXPR last "${TESTS_SHARDS} - 1")
  foreach(shard RANGE ${last})
    # One ctest run shows every preset: the name tells them apart.
    set(name ${program}${KFERRY_TEST_SUFFIX})
    if(TESTS_SHARDS GREATER 1)
      set(name ${program}_${shard}${KFERRY_TEST_SUFFIX})
    endif()
    add_test(NAME ${name} COMMAND ${program})
    set(environment ${KFERRY_TEST_ENVIRONMENT} GTEST_TOTAL_SHARDS=${TESTS_SHARDS}
                    GTEST_SHARD_INDEX=${shard})
    set_tests_properties(${name} PROPERTIES
      LABELS "${label};${KFERRY_TEST_LABEL}" TIMEOUT 300 ENVIRONMENT "${environment}")
  endforeach()
endfunction()
