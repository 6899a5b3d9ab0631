# One switch for the whole build, since a sanitizer has to see every object that we compile.
set(KFERRY_TEST_SUFFIX "")
set(KFERRY_TEST_LABEL "plain")
set(KFERRY_TEST_ENVIRONMENT "")
if(KFERRY_SANITIZE STREQUAL "address")
  # Without halt_on_error UBSan prints its finding and the test passes.
  set(KFERRY_TEST_SUFFIX ".asan")
  set(KFERRY_TEST_LABEL "asan")
  set(KFERRY_TEST_ENVIRONMENT "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=address,undefined)
elseif(KFERRY_SANITIZE STREQUAL "thread")
  set(KFERRY_TEST_SUFFIX ".tsan")
  set(KFERRY_TEST_LABEL "tsan")
  set(KFERRY_TEST_ENVIRONMENT
    "TSAN_OPTIONS=halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp")
  # TSan knows no fences and GCC refuses them; Asio's are extra, its own locks order the handlers.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=thread)
  add_library(kferry_tsan_c11_threads OBJECT ${PROJECT_SOURCE_DIR}/tests/support/tsan_c11_threads.c)
elseif(KFERRY_SANITIZE STREQUAL "fuzzer")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=fuzzer-no-link,address,undefined)
elseif(NOT KFERRY_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "KFERRY_SANITIZE is '${KFERRY_SANITIZE}': use address, thread, fuzzer (clang) or nothing")
endif()

# Hardening that costs nothing measurable; sanitizers bring their own.
if(KFERRY_SANITIZE STREQUAL "" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
