// SPDX-License-Identifier: MIT
#include <functional>
#include <string>

#include "test/support/catch.hpp"
#include "weights/error.hpp"
#include "weights/strict_json.hpp"

using namespace fusemd;

namespace {

InputErrorParts error_of(const std::string& text, const JsonLimits& limits = {}) {
  try {
    parse_strict_json(text, "t.json", limits);
  } catch (const InputError& error) {
    return error.parts();
  }
  FAIL("accepted: " << text.substr(0, 80));
  return {};
}

template <typename T>
const T& as(const JsonValue& value) {
  return std::get<T>(value.data);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every kind of value arrives", "[strict_json]") {
  const std::string text =
      "{\"a\": null, \"b\": [true, false], \"c\": -3, \"d\": 2.5e3, \"e\": \"x\\u00e9\\n\",\n"
      " \"f\": [1, 2, 3], \"g\": [1, 2.0], \"h\": [], \"i\": {}, \"j\": [1, [2], \"3\"]}";
  const JsonValue root = parse_strict_json(text, "t.json");
  const auto& object = as<JsonObject>(root);
  REQUIRE(object.size() == 10);
  const auto value = [&](std::size_t i) -> const JsonValue& { return object[i].value; };
  CHECK(object[0].key == "a");
  CHECK(std::holds_alternative<JsonNull>(value(0).data));
  CHECK(as<bool>(as<JsonList>(value(1))[0]));
  CHECK_FALSE(as<bool>(as<JsonList>(value(1))[1]));
  CHECK(as<JsonNumber>(value(2)).value == -3.0);
  CHECK(as<JsonNumber>(value(2)).whole);
  CHECK(as<JsonNumber>(value(3)).value == 2500.0);
  CHECK_FALSE(as<JsonNumber>(value(3)).whole);
  CHECK(as<std::string>(value(4)) == "x\xC3\xA9\n");
  CHECK(as<JsonNumbers>(value(5)).values == std::vector<double>{1.0, 2.0, 3.0});
  CHECK(as<JsonNumbers>(value(5)).all_whole);
  CHECK_FALSE(as<JsonNumbers>(value(6)).all_whole);
  CHECK(as<JsonNumbers>(value(7)).values.empty());
  CHECK(as<JsonObject>(value(8)).empty());
  const auto& mixed = as<JsonList>(value(9));
  REQUIRE(mixed.size() == 3);
  CHECK(as<JsonNumber>(mixed[0]).value == 1.0);
  CHECK(as<JsonNumbers>(mixed[1]).values == std::vector<double>{2.0});
  CHECK(as<std::string>(mixed[2]) == "3");
}

TEST_CASE("lists and objects know their place in the text exactly", "[strict_json]") {
  const std::string text = "{\"a\": 1,\n \"b\" : { \"c\":[ 1 ] } ,\"d\": [ ]}\n";
  const JsonValue root = parse_strict_json(text, "t.json");
  const auto slice = [&](const JsonValue& v) { return text.substr(v.begin, v.end - v.begin); };
  const auto& members = as<JsonObject>(root);
  CHECK(slice(root) + "\n" == text);
  CHECK(slice(members[1].value) == "{ \"c\":[ 1 ] }");
  CHECK(slice(as<JsonObject>(members[1].value)[0].value) == "[ 1 ]");
  CHECK(slice(members[2].value) == "[ ]");
}

TEST_CASE("a path leads to its line, or as far as it goes", "[strict_json]") {
  const std::string text =
      "{\n\"a\": 1,\n\"b\": {\n\"c\": 2\n,\n\"x.y\": [\n{},\n{\"z\":\n\"text\"}\n]},\n\"n\": 12\n}";
  const JsonValue root = parse_strict_json(text, "t.json");
  CHECK(json_line(root, text, "") == 1);
  CHECK(json_line(root, text, "a") == 2);
  CHECK(json_line(root, text, "b") == 3);
  CHECK(json_line(root, text, "b.c") == 4);
  CHECK(json_line(root, text, "b.missing") == 3);
  CHECK(json_line(root, text, "b.x.y[1]") == 8);
  CHECK(json_line(root, text, "b.x.y[1].z") == 9);
  CHECK(json_line(root, text, "b.x.y[9]") == 6);
  CHECK(json_line(root, text, "n") == 11);
  CHECK(json_line(root, text, "nowhere.at[3].all") == 1);
}

TEST_CASE("a key given twice is refused at any depth, however it is spelt", "[strict_json]") {
  InputErrorParts parts = error_of("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}");
  CHECK(parts.key == "a");
  CHECK(parts.line == 3);
  CHECK(parts.problem == "key given twice");
  CHECK(contains(parts.found, "line 1"));
  parts = error_of("{\"x\": [0, {\"y\": {\"k\": 1, \"\\u006b\": 2}}]}");
  CHECK(parts.key == "x[1].y.k");
  CHECK(error_of("{\"\": 1, \"\": 1}").problem == "key given twice");
  CHECK_NOTHROW(parse_strict_json("{\"a\": {\"a\": 1}, \"A\": {\"a\": 1}}", "t.json"));
}

TEST_CASE("syntax errors name line and key and show the place", "[strict_json]") {
  InputErrorParts parts = error_of("{\"a\": 1,\n\"b\": {\"c\": [1, 2,]}}");
  CHECK(parts.line == 2);
  CHECK(parts.key == "b.c[2]");
  CHECK(contains(parts.problem, "not valid JSON"));
  CHECK(contains(parts.found, "[1, 2,]"));
  CHECK(contains(error_of("{\"a\": NaN}").hint, "NaN"));
  CHECK(contains(error_of("{\"a\": -Infinity}").hint, "infinity"));
  CHECK(contains(error_of("{\"a\": 1 // one\n}").hint, "comments"));
  CHECK(contains(error_of("{\"a\": 1").hint, "too early"));
  CHECK(contains(error_of("{\"a\": \"" + std::string(5'000'000, 'A')).hint, "too early"));
  CHECK(error_of("{\"a\": \"" + std::string(5'000'000, 'A')).found.size() < 60);
  CHECK(error_of("{} {}").line == 1);
  CHECK(error_of("{}\n\nx").line == 3);
  CHECK(contains(error_of("{\"a\": 1e999}").problem, "too large"));
  CHECK(error_of("[0, 1e999]").key == "[1]");
  CHECK(contains(error_of("\"\xFF\"").problem, "not valid JSON"));          // not UTF-8
  CHECK(contains(error_of("\"\xC0\x80\"").problem, "not valid JSON"));      // overlong
  CHECK(contains(error_of("\"\xED\xA0\x80\"").problem, "not valid JSON"));  // half a surrogate
  CHECK(contains(error_of("\"\\ud800\"").problem, "not valid JSON"));
  CHECK(contains(error_of("\"a\tb\"").problem, "not valid JSON"));
  CHECK(contains(error_of("01").problem, "not valid JSON"));
  CHECK(contains(error_of("'a'").problem, "not valid JSON"));
}

TEST_CASE("files of another kind are recognised", "[strict_json]") {
  using namespace std::string_literals;
  CHECK(error_of("").found == "an empty file");
  CHECK(error_of(" \r\n\t").found == "nothing but white space");
  CHECK(contains(error_of("\xEF\xBB\xBF{}").found, "byte order mark"));
  CHECK(contains(error_of("\xFF\xFE{\0}\0"s).found, "UTF-16"));
  CHECK(contains(error_of("\xFE\xFF\0{\0}"s).found, "UTF-16"));
  CHECK(contains(error_of("{\0}\0"s).found, "UTF-16"));
  CHECK(contains(error_of("\x1F\x8B\x08"s).found, "gzip"));
  CHECK(contains(error_of("PK\x03\x04"s).found, "ZIP"));
}

TEST_CASE("depth, values and numbers are limited", "[strict_json]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(parse_strict_json(nested(32), "t.json"));
  CHECK(error_of(nested(33)).problem == "nested too deeply");
  CHECK(error_of(std::string(10'000'000, '[')).problem == "nested too deeply");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(error_of(objects).problem == "nested too deeply");

  const JsonLimits few{8, 10, 20};
  CHECK_NOTHROW(parse_strict_json("[[],[],[],[],[],[],[],[],[]]", "t.json", few));
  CHECK(error_of("[[],[],[],[],[],[],[],[],[],[]]", few).problem == "too many values");
  CHECK_NOTHROW(
      parse_strict_json("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]", "t.json", few));
  CHECK(error_of("{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]}", few).problem ==
        "too many numbers");
  // A list that turns out to be mixed is counted value by value.
  CHECK(error_of("[1,2,3,4,5,6,7,8,9,10,11,12,null]", few).problem == "too many values");
}

TEST_CASE("untrusted text in a message is short and printable", "[strict_json]") {
  CHECK(in_quotes("abc") == "\"abc\"");
  CHECK(in_quotes("a\n\x1B[31mb") == "\"a??[31mb\"");
  CHECK(in_quotes(std::string(50, 'x')) == '"' + std::string(40, 'x') + "...\"");
  // The 40th byte is the middle of a two-byte character, which is left out whole.
  CHECK(in_quotes(std::string(39, 'x') + "\xC3\xA9y") == '"' + std::string(39, 'x') + "...\"");
  // What is no UTF-8 must not reach a terminal: Latin-1, half a character, overlong, a surrogate,
  // beyond Unicode.
  CHECK(in_quotes("t\xEFny") == "\"t?ny\"");
  CHECK(in_quotes("\xA9 caf\xC3") == "\"? caf?\"");
  CHECK(in_quotes("\xE0\x80\x80,\xED\xA0\x80,\xF4\x90\x80\x80,\xC0\xAF") == "\"???,???,????,??\"");
  CHECK(in_quotes("\xE2\x82\xAC \xF0\x9F\x98\x80") == "\"\xE2\x82\xAC \xF0\x9F\x98\x80\"");
  CHECK(printable_key(std::string(1000, 'k')).size() == 163);
}
