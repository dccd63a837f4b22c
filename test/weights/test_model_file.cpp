// SPDX-License-Identifier: MIT
#include "test/support/catch.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

TEST_CASE("a written model reads back bit for bit, and is written the same again", "[model_file]") {
  std::uint64_t seed = 1;
  for (const StudentConfig& sizes :
       {shipped_switches(4, 1, 1), shipped_switches(8, 2, 3), seed_switches(12, 3, 5)}) {
    for (const StudentConfig& config : all_switches(sizes)) {
      INFO("seed " << seed << ", switches " << switches_text(config));
      const Model model = make_model(config, seed++);
      const std::string text = format_model(model);
      const Model again = parse_model(text, "memory");
      REQUIRE(same_bits(again, model));
      REQUIRE(format_model(again) == text);
    }
  }
}
