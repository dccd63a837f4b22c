// SPDX-License-Identifier: MIT
#include <string>
#include <utility>
#include <vector>

#include "host/io/key_values.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs(std::string_view line) {
  Pairs result;
  for (const KeyValue& entry : parse_key_values(line).entries) {
    result.emplace_back(entry.key, entry.value);
  }
  return result;
}

TEST_CASE("key=value text is split as the format says") {
  CHECK(pairs("a=1 b=\"x y\"\tc='p q' d") ==
        Pairs{{"a", "1"}, {"b", "x y"}, {"c", "p q"}, {"d", "T"}});
  CHECK(pairs("a = 1  b= 2 c =3") == Pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}});
  CHECK(pairs("a={1 2 3} b=[[1, 0], [0, 1]]") == Pairs{{"a", "1 2 3"}, {"b", "[1, 0], [0, 1]"}});
  CHECK(pairs(R"(a="say \"hi\" \\ \n.")") == Pairs{{"a", "say \"hi\" \\ \n."}});
  CHECK(pairs("\"a key\"=5") == Pairs{{"a key", "5"}});
  CHECK(pairs("a=\"\"") == Pairs{{"a", ""}});
  CHECK(pairs("u=a=b") == Pairs{{"u", "a=b"}});
  CHECK(pairs("   ").empty());
  for (const char* good : {"a=1", "a=\"x\" b", "", "a={1 {2} 3}", "t=5'"}) {
    INFO(good);
    CHECK(parse_key_values(good).problem.empty());
  }
}

TEST_CASE("text that is not key=value still gives its entries, and the problem is named") {
  CHECK(pairs("5'-AMP from 'the lab energy=1") ==
        Pairs{{"5'-AMP", "T"}, {"from", "T"}, {"'the", "T"}, {"lab", "T"}, {"energy", "1"}});
  for (const char* bad : {"a=\"x", "a='x", "a={1 2", "a=[1", "=5", "a=", "a=\"x\"y", "a= "}) {
    INFO(bad);
    CHECK_FALSE(parse_key_values(bad).problem.empty());
  }
}

TEST_CASE("a long line of openings without ends takes linear time") {
  // Quadratic work on a line of 4 MiB would take hours: the test would run into its time limit.
  std::string line;
  while (line.size() < (std::size_t{1} << 22U)) line += "a={ 'b ";
  CHECK(parse_key_values(line).problem.find("no end") != std::string::npos);
}

}  // namespace
}  // namespace fusemd
