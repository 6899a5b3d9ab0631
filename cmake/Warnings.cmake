# Warnings are for our own targets only: dependencies come in as SYSTEM.
add_library(kferry_warnings INTERFACE)
target_compile_options(kferry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Werror)
# GCC 12 sees overlapping copies in every `"text" + std::string` when it optimizes (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(kferry_warnings INTERFACE -Wno-restrict)
endif()
