// SPDX-License-Identifier: MIT
// No text, however damaged, may do more than be refused.
#include <string>

#include "test/support/catch.hpp"
#include "test/weights/minute_model.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

/// Reads a text that may be bad. A model that is accepted must be one that can be written and read.
bool accepted(const std::string& text) {
  Model model;
  try {
    model = parse_model(text, "damaged.json");
  } catch (const InputError&) {
    return false;
  }
  const std::string again = format_model(model);
  REQUIRE(same_bits(parse_model(again, "again.json"), model));
  return true;
}

}  // namespace

TEST_CASE("a file cut anywhere is refused", "[model_file_robustness]") {
  const std::string good = format_model(minute_model());
  REQUIRE(good.ends_with("}\n"));
  for (std::size_t length = 0; length + 1 < good.size(); ++length) {
    INFO("cut after " << length << " of " << good.size() << " bytes");
    REQUIRE_FALSE(accepted(good.substr(0, length)));
  }
  REQUIRE(accepted(good.substr(0, good.size() - 1)));  // only the last line end is missing
}

TEST_CASE("damaged bytes give a valid model or a refusal", "[model_file_robustness]") {
  const std::string good = format_model(minute_model());
  constexpr std::uint64_t kSeed = 20240607;
  Random random(kSeed);
  int n_accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = good;
    const std::size_t n_changes = 1 + random.below(4);
    for (std::size_t i = 0; i < n_changes; ++i) {
      const std::size_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text[at] ^= static_cast<char>(1U << random.below(8));
          break;
        case 2:
          text.erase(at, 1 + random.below(20));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), 1 + random.below(20)));
      }
    }
    INFO("seed " << kSeed << ", round " << round);
    if (accepted(text)) ++n_accepted;
  }
  INFO(n_accepted << " accepted");
  // Both outcomes must have been seen, or the test has lost its meaning.
  REQUIRE(n_accepted > 100);
  REQUIRE(n_accepted < 3900);
}
