// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "host/element_check.hpp"
#include "test/support/catch.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::string message_of(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("an untrained element is named with its first atom and the elements that are known") {
  const std::vector<int> trained{1, 6, 7, 8};
  REQUIRE_NOTHROW(require_trained_elements(std::vector<int>{8, 1, 1}, trained, "tiny"));
  REQUIRE_NOTHROW(require_trained_elements({}, trained, "tiny"));
  REQUIRE(message_of([&] {
            require_trained_elements(std::vector<int>{6, 1, 35, 9}, trained, "tiny");
          }) ==
          "atom 3 is of an element that model 'tiny' was not trained on\n"
          "  expected: H, C, N, O\n"
          "  found:    Br (atomic number 35)\n"
          "  hint:     use a model trained on this element; `fusemd info MODEL` lists a model's "
          "elements");
}

TEST_CASE("a number that is no element is shown as a number") {
  for (const int z : {0, -1, 200}) {
    const std::string message = message_of(
        [&] { require_trained_elements(std::vector<int>{z}, std::vector<int>{1}, "tiny"); });
    REQUIRE(message.find("found:    atomic number " + std::to_string(z) + "\n") !=
            std::string::npos);
  }
}

TEST_CASE("a periodic cell is refused, and its directions are named") {
  REQUIRE_NOTHROW(require_not_periodic({}));
  REQUIRE_NOTHROW(require_not_periodic(Cell{}));
  REQUIRE(message_of([] {
            require_not_periodic(Cell{{}, {true, false, true}});
          }) ==
          "'pbc': the cell is periodic, and these models see no periodic images\n"
          "  expected: no periodic direction\n"
          "  found:    periodic along a, c\n"
          "  hint:     for an isolated molecule write pbc=\"F F F\" or leave the cell out");
}

}  // namespace fusemd
