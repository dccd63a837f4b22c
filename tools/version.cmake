# SPDX-License-Identifier: MIT
# Run at build time: writes OUTPUT, a C++ source that knows the version and the commit. The file changes
# only when they do, so nothing is compiled again for nothing.
#   cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -P version.cmake
execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  set(commit "unknown")  # built from an archive, or without git
endif()
set(text "#include \"tools/version.hpp\"

namespace fusemd {

const char* version() { return \"${VERSION}\"; }
const char* commit() { return \"${commit}\"; }

}  // namespace fusemd
")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT text STREQUAL "${old}")
  file(WRITE "${OUTPUT}" "${text}")
endif()
