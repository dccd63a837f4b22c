// SPDX-License-Identifier: MIT
// Any bytes are either refused with InputError or are a model that can be written and read again.
// Any other exception, a sanitizer report, a hang or a difference is a finding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "weights/error.hpp"
#include "weights/model_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  fusemd::Model model;
  try {
    model = fusemd::parse_model(text, "fuzz");
  } catch (const fusemd::InputError&) {
    return 0;
  }
  const std::string written = fusemd::format_model(model);
  if (fusemd::format_model(fusemd::parse_model(written, "written")) != written) std::abort();
  return 0;
}
