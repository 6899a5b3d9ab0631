# Warnings are for our own targets only: dependencies come in as SYSTEM.
add_library(kferry_warnings INTERFACE)
target_compile_options(kferry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Werror)
