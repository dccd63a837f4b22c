// SPDX-License-Identifier: MIT
// Any bytes as the JSON configuration of `fusemd run`: refused with a message, or options that the
// resolved configuration gives back unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/options.hpp"
#include "tools/run_options.hpp"
#include "tools/usage_error.hpp"
#include "weights/error.hpp"

namespace {

/// A file without a folder, so that a minute of fuzzing does not write a million files to a disk.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("config", 0)) {
    if (descriptor_ < 0) std::abort();
    path_ = "/proc/self/fd/" + std::to_string(descriptor_);
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void write(const std::string& text) {
    if (ftruncate(descriptor_, 0) != 0 ||
        pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      std::abort();
    }
  }
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

/// The resolved configuration, or nothing if the text is refused.
std::optional<std::string> resolve(MemoryFile& file, const std::string& text) {
  file.write(text);
  fusemd::RunOptions run;
  fusemd::Options options("run", "");
  run.declare(options);
  try {
    options.parse({"--config", file.path()});
    run.check(options);
  } catch (const fusemd::InputError&) {
    return {};
  } catch (const fusemd::UsageError&) {
    return {};
  }
  return options.resolved();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  const auto once = resolve(file, std::string(data, data + size));
  if (once && resolve(file, *once) != once) std::abort();
  return 0;
}
