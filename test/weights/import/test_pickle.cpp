// SPDX-License-Identifier: MIT
// The pickles are those of CPython's pickle.dumps(), copied as bytes.
#include <string>

#include "test/support/catch.hpp"
#include "test/support/skip.hpp"
#include "weights/error.hpp"
#include "weights/import/pickle.hpp"

namespace fusemd::test {
namespace {

using namespace fusemd::checkpoint;
using namespace std::string_literals;

/// Knows one name, "known.thing", and must never be asked to call anything.
class NoCalls : public PickleHooks {
 public:
  std::optional<int> find(std::string_view module, std::string_view name) const override {
    if (module == "known" && name == "thing") return 5;
    return {};
  }
  PickleRef call(PickleValues&, int, PickleRef) override { throw std::logic_error("called"); }
  void build(PickleValues&, PickleRef, PickleRef) override { throw std::logic_error("built"); }
  PickleRef persistent(PickleValues&, PickleRef) override { throw std::logic_error("asked"); }
};

/// A value as text, for comparison.
std::string shown(const PickleValues& values, PickleRef ref) {
  const PickleValue& value = values.at(ref);
  std::string text;
  switch (value.kind) {
    case PickleKind::none:
      return "None";
    case PickleKind::boolean:
      return value.integer != 0 ? "True" : "False";
    case PickleKind::integer:
      return std::to_string(value.integer);
    case PickleKind::large_integer:
      return "large";
    case PickleKind::real:
      return std::to_string(value.real);
    case PickleKind::text:
      return '"' + std::string(value.text) + '"';
    case PickleKind::bytes:
      return "b\"" + std::string(value.text) + '"';
    case PickleKind::global:
      return "global " + std::to_string(value.integer);
    case PickleKind::made:
      return "made";
    case PickleKind::tuple:
    case PickleKind::list:
    case PickleKind::dict:
      break;
  }
  for (const PickleRef child : values.children(ref)) {
    text += (text.empty() ? "" : " ") + shown(values, child);
  }
  const char* braces = value.kind == PickleKind::tuple  ? "()"
                       : value.kind == PickleKind::list ? "[]"
                                                        : "{}";
  return braces[0] + text + braces[1];
}

std::string read(const std::string& pickle) {
  NoCalls hooks;
  PickleValues values;
  const auto [ref, size] = read_pickle(std::as_bytes(std::span(pickle)), hooks, values);
  CHECK(size == pickle.size());
  return shown(values, ref);
}

/// The message's parts in one line.
std::string refused(const std::string& pickle) {
  try {
    read(pickle);
  } catch (const InputError& error) {
    return error.parts().problem + " / " + error.parts().found;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("what CPython pickles comes back, in every protocol") {
  any_ran() = true;
  // pickle.dumps({'a': [1, 2.5, None, True], 'b': (-3, 'xyz')}, 0), 2 and 4
  CHECK(read("(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNaI01\nasVb\np3\n(I-3\nVxyz\np4\ntp5\ns.") ==
        "{\"a\" [1 2.500000 None True] \"b\" (-3 \"xyz\")}");
  CHECK(read("\x80\x02}q\x00(X\x01\x00\x00\x00"
             "aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88"
             "eX\x01\x00\x00\x00"
             "bq\x03J\xfd\xff\xff\xffX\x03\x00\x00\x00xyzq\x04\x86q\x05u."s) ==
        "{\"a\" [1 2.500000 None True] \"b\" (-3 \"xyz\")}");
  CHECK(read("\x80\x04\x95\x27\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
             "a\x94]\x94(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88"
             "e\x8c\x01"
             "b\x94J\xfd\xff\xff\xff\x8c\x03xyz\x94\x86\x94u."s) ==
        "{\"a\" [1 2.500000 None True] \"b\" (-3 \"xyz\")}");
  // Integers: 70000, 2**40, -2**63, 2**63, and the memo: x = ('q',); [x, x]
  CHECK(read("\x80\x02Jp\x11\x01\x00."s) == "70000");
  CHECK(read("\x80\x02\x8a\x06\x00\x00\x00\x00\x00\x01."s) == "1099511627776");
  CHECK(read("\x80\x02\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."s) == "-9223372036854775808");
  CHECK(read("\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00."s) == "large");
  CHECK(read("\x80\x02]q\x00(X\x01\x00\x00\x00qq\x01\x85q\x02h\x02"
             "e."s) == "[(\"q\") (\"q\")]");
  CHECK(read("\x80\x03"
             "C\x02hi."s) == "b\"hi\"");
  CHECK(read("cknown\nthing\n.") == "global 5");
}

TEST_CASE("names, calls and objects are refused by name, and nothing is called") {
  CHECK(refused("cos\nsystem\n(S'true'\ntR.") == "it wants to run code / the name \"os.system\"");
  CHECK(refused("\x80\x04\x8c\x05posix\x8c\x06system\x93."s) ==
        "it wants to run code / the name \"posix.system\"");
  CHECK(refused("(I1\nI2\nios\nsystem\n.") == "it wants to run code / the opcode INST");
  CHECK(refused("(cknown\nthing\no.") == "it wants to run code / the opcode OBJ");
  CHECK(refused("cknown\nthing\n)\x81.") == "it wants to run code / the opcode NEWOBJ");
  CHECK(refused("cknown\nthing\n)}\x92.") == "it wants to run code / the opcode NEWOBJ_EX");
  CHECK(refused("\x82\x01.") == "it wants to run code / the opcode EXT1");
  CHECK(refused("I1\n(tR.") ==
        "it wants to run code / the call of something that is no named function");
  CHECK(refused("S'abc'\n.") == "a kind of object that no weights need / the opcode STRING");
  CHECK(refused("\x8f.") == "a kind of object that no weights need / the opcode EMPTY_SET");
}

TEST_CASE("damaged pickles are refused with what is wrong") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "it ends in the middle of a value"},
      {"N", "it ends in the middle of a value"},
      {".", "it takes a value from an empty stack"},
      {"\x80\x09.", "9"},
      {"(.", "it takes a value from an empty stack"},
      {"t.", "it goes back to a mark that was never set"},
      {"X\xff\xff\xff\x7f"
       "a.",
       "it ends in the middle of a value"},
      {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
       "a.",
       "it ends in the middle of a value"},
      {"h\x07.", "it recalls a value that was never stored"},
      {"Nr\xff\xff\xff\xff.", "a memo number out of order"},
      {"(Nd.", "a key without a value"},
      {"Ixyz\n.", "not an integer of 64 bits: \"xyz\""},
      {"I1", "a line without end"},
      {"\xff.", "the unknown opcode 255"},
      {"NNa.", "an addition to something that is no list and no dictionary"},
      {"NNNs.", "an addition to something that is no list and no dictionary"},
  };
  for (const auto& [pickle, words] : cases) {
    INFO(words);
    CHECK(refused(pickle).find(words) != std::string::npos);
  }
}

TEST_CASE("a pickle cannot make more values than its bound") {
  CHECK(refused("(" + std::string(400'000, 'N') + "t.").starts_with("too many values"));
  CHECK(refused("N" + std::string(1'100'000, '2') + ".").find("a stack too deep") !=
        std::string::npos);
  CHECK(refused(std::string(17 << 20, 'N')).starts_with("a pickle that is too large"));
}

}  // namespace fusemd::test
