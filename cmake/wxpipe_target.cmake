# wxpipe_library(name SOURCES … LINKS …) and wxpipe_test(name LABEL … SOURCES … LINKS …): the standard, the warnings and
# the include root (the repository), and nothing else hidden. LINKS of a library are public: what a folder's headers
# use.
include(GoogleTest OPTIONAL)

add_library(wxpipe_options INTERFACE)
target_compile_features(wxpipe_options INTERFACE cxx_std_20)
target_include_directories(wxpipe_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(wxpipe_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Werror)
# g++ 12 sees overlaps in std::string's own code that aren't there (GCC PR 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(wxpipe_options INTERFACE -Wno-restrict)
endif()
# With a sanitizer g++ inlines one half of Asio's allocation of coroutine frames and takes the halves for strangers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  target_compile_options(wxpipe_options INTERFACE -Wno-mismatched-new-delete)
endif()
# Asio fences beside the locks that order its handlers; what the fences alone would order isn't seen, and nothing
# depends on it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  target_compile_options(wxpipe_options INTERFACE -Wno-tsan)
endif()
# simdjson's on-demand code and our own scans are chosen at compile time: without this they fall back to plain loops.
# Every x86-64 server since 2010 has these instructions.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(wxpipe_options INTERFACE -march=x86-64-v2 -mpclmul)
endif()
option(WXPIPE_FAULT_POINTS "Compile the fault points used by the chaos tests" OFF)
if(WXPIPE_FAULT_POINTS)
  target_compile_definitions(wxpipe_options INTERFACE WXPIPE_FAULT_POINTS=1)
endif()

function(wxpipe_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC wxpipe_options ${ARG_LINKS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE wxpipe_options ${ARG_LINKS})
  endif()
endfunction()

function(wxpipe_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    list(APPEND ARG_SOURCES ${CMAKE_SOURCE_DIR}/tests/support/tsan_c11_threads.cpp)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wxpipe_options ${ARG_LINKS})
endfunction()

# Each GoogleTest case becomes one ctest case, so that a skipped one is counted by name. TIMEOUT in seconds, default
# 120, three times that with a sanitizer. ALONE: no other test runs beside it.
function(wxpipe_test name)
  cmake_parse_arguments(ARG "ALONE" "LABEL;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  wxpipe_executable(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    math(EXPR ARG_TIMEOUT "3 * ${ARG_TIMEOUT}")  # and everything it starts is slower by that
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_LABEL}." WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} RUN_SERIAL ${ARG_ALONE})
endfunction()
