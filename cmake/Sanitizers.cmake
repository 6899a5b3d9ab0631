# One switch for the whole build, since a sanitizer has to see every object that we compile.
if(KFERRY_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=address,undefined)
elseif(KFERRY_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=thread)
elseif(NOT KFERRY_SANITIZE STREQUAL "")
  message(FATAL_ERROR "KFERRY_SANITIZE is '${KFERRY_SANITIZE}': use address, thread or nothing")
endif()

# Hardening that costs nothing measurable; sanitizers bring their own.
if(KFERRY_SANITIZE STREQUAL "" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
