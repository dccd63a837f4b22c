// SPDX-License-Identifier: MIT
// Every way that we could think of to spoil a model file, with the refusal that it must get. The
// files are made from one good model by one named change each, grouped by the kind of fault.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"
#include "test/weights/minute_model.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;
using Json = nlohmann::ordered_json;

namespace {

/// Changes the text of the good file into that of the bad one.
using Change = std::function<std::string(const std::string&)>;

struct BadFile {
  const char* fault;  ///< the class
  const char* name;
  Change change;
  const char* key;      ///< of the refusal
  const char* message;  ///< part of what the user reads
};

Change set(const char* pointer, Json value) {
  return [=](const std::string& good) {
    Json json = Json::parse(good);
    json[Json::json_pointer(pointer)] = value;
    return json.dump(1);
  };
}

Change drop(const char* parent, const char* key) {
  return [=](const std::string& good) {
    Json json = Json::parse(good);
    Json& object = json[Json::json_pointer(parent)];
    REQUIRE(object.erase(key) == 1);
    return json.dump(1);
  };
}

Change replace(const char* from, std::string to) {
  return [=](const std::string& good) {
    const std::size_t at = good.find(from);
    REQUIRE(at != std::string::npos);
    return std::string(good).replace(at, std::string_view(from).size(), to);
  };
}

Change cut_at(const char* mark) {
  return [=](const std::string& good) {
    const std::size_t at = good.find(mark);
    REQUIRE(at != std::string::npos);
    return good.substr(0, at + std::string_view(mark).size());
  };
}

Change whole(std::string text) {
  return [=](const std::string&) { return text; };
}

Change around(std::string before, std::string after) {
  return [=](const std::string& good) { return before + good + after; };
}

std::string utf16(const std::string& good) {
  std::string text = "\xFF\xFE";
  for (const char c : good) text += {c, '\0'};
  return text;
}

const Json kEmpty = Json::object();

// Base64 of two floats: {1, NaN}, {1, infinity}, {1, -infinity}, {1, 0}.
const char* const kNan = "AACAPwAAwH8=";
const char* const kInfinity = "AACAPwAAgH8=";
const char* const kMinusInfinity = "AACAPwAAgP8=";
const char* const kOneZero = "AACAPwAAAAA=";

// energy_head.0.bias has two values, energy_head.2.bias one, energy_head.0.weight [2, 4].
#define BIAS "/tensors/energy_head.0.bias"

const std::vector<BadFile>& bad_files() {
  static const std::vector<BadFile> files = {
      // --- not a model file at all
      {"empty", "no bytes", whole(""), "", "an empty file"},
      {"empty", "white space", whole(" \n\n"), "", "nothing but white space"},
      {"empty", "empty object", whole("{}"), "", "not a model file"},
      {"another kind", "a list", whole("[1, 2]"), "", "not a model file"},
      {"another kind", "plain text", whole("C 0 0 0\n"), "", "not valid JSON"},
      {"another kind", "a PyTorch checkpoint", whole("PK\x03\x04 archive/data.pkl"), "", "PyTorch"},
      {"another kind", "packed by gzip", whole("\x1F\x8B\x08"), "", "gunzip"},
      {"another kind", "format of a checkpoint", set("/format", "mlff-student-weights-v1"),
       "format", "another format"},
      {"another kind", "format is a number", set("/format", 1), "format", "wrong type"},
      {"another kind", "no version", drop("", "version"), "version", "missing"},
      {"another kind", "version from the future", set("/version", 2), "version", "update fusemd"},
      {"another kind", "version 0", set("/version", 0), "version", "unknown version"},
      {"another kind", "version as text", set("/version", "1"), "version", "a whole number"},
      {"another kind", "unknown architecture", set("/architecture", "painn"), "architecture",
       "expected: \"student\""},
      // --- damaged text
      {"truncated", "inside a tensor", cut_at("\"data\": \""), "tensors.embedding.weight.data",
       "ends too early"},
      {"truncated", "after a key", cut_at("\"elements\""), "elements", "ends too early"},
      {"truncated", "after a comma", cut_at("\"version\": 1,"), "version", "ends too early"},
      {"truncated", "inside a word", replace("null}]}", "nul"), "provenance.runs[2].note",
       "not valid JSON"},
      {"syntax", "text after the end", around("", "{}"), "", "not valid JSON"},
      {"syntax", "a comma too many", replace("\"eV\"}", "\"eV\",}"), "units.energy",
       "not valid JSON"},
      {"syntax", "single quotes", replace("\"format\"", "'format'"), "", "not valid JSON"},
      {"syntax", "a comment", replace("\"version\"", "# the version\n\"version\""), "format",
       "no comments"},
      {"syntax", "NUL byte", replace("minute", std::string("mi\0ute", 6)), "name",
       "not valid JSON"},
      {"wrong encoding", "UTF-8 with byte order mark", around("\xEF\xBB\xBF", ""), "",
       "without BOM"},
      {"wrong encoding", "UTF-16", utf16, "", "UTF-16"},
      {"wrong encoding", "Latin-1", replace("minute", "min\xFCte"), "name", "UTF-8"},
      {"nesting", "a deep provenance",
       replace("{\"note\": null}", std::string(40, '[') + std::string(40, ']')), nullptr,
       "nested too deeply"},
      {"nesting", "a million brackets", whole(std::string(1'000'000, '[')), nullptr,
       "nested too deeply"},
      // --- keys
      {"duplicate key", "at the top", replace("\"version\"", "\"format\": \"x\",\n\"version\""),
       "format", "key given twice"},
      {"duplicate key", "in config", replace("\"cutoff\":", "\"num_rbf\": 2, \"cutoff\":"),
       "config.num_rbf", "key given twice"},
      {"duplicate key", "a tensor", replace("\"rbf.centers\"", "\"rbf.widths\""),
       "tensors.rbf.widths", "key given twice"},
      {"duplicate key", "in provenance", replace("\"runs\"", "\"teacher\""), "provenance.teacher",
       "key given twice"},
      {"duplicate key", "spelt with an escape",
       replace("\"note\": \"made up\"", "\"note\": \"\", \"\\u006eote\": \"\""),
       "training_domain.note", "key given twice"},
      {"unknown key", "at the top", set("/elments", 1), "elments", "did you mean \"elements\"?"},
      {"unknown key", "in config", set("/config/cut_off", 5.0), "config.cut_off",
       "did you mean \"cutoff\"?"},
      {"unknown key", "near none", set("/config/dropout", 0.5), "config.dropout", "unknown key"},
      {"unknown key", "in units", set("/units/time", "fs"), "units.time", "unknown key"},
      {"unknown key", "in a tensor", set(BIAS "/dytpe", "float32"),
       "tensors.energy_head.0.bias.dytpe", "did you mean \"dtype\"?"},
      {"unknown key", "in a frame", set("/reference_frames/0/force", Json::array()),
       "reference_frames[0].force", "did you mean \"forces\"?"},
      {"unknown key", "in the domain", set("/training_domain/temperatures", 300),
       "training_domain.temperatures", "did you mean \"temperatures_K\"?"},
      {"missing key", "name", drop("", "name"), "name", "the key is required"},
      {"missing key", "tensors", drop("", "tensors"), "tensors", "missing"},
      {"missing key", "cutoff", drop("/config", "cutoff"), "config.cutoff", "missing"},
      {"missing key", "a switch", drop("/config", "vector_mixing"), "config.vector_mixing",
       "missing"},
      {"missing key", "a unit", drop("/units", "energy"), "units.energy", "missing"},
      {"missing key", "shape", drop(BIAS, "shape"), "tensors.energy_head.0.bias.shape", "missing"},
      {"missing key", "forces of a frame", drop("/reference_frames/1", "forces"),
       "reference_frames[1].forces", "missing"},
      // --- types and ranges
      {"wrong type", "config is a list", set("/config", Json::array({1})), "config", "an object"},
      {"wrong type", "name is null", set("/name", nullptr), "name", "found:    null"},
      {"wrong type", "cutoff as text", set("/config/cutoff", "5.0"), "config.cutoff",
       "found:    the text \"5.0\""},
      {"wrong type", "a size with a fraction", set("/config/hidden_dim", 4.0), "config.hidden_dim",
       "not a whole number"},
      {"wrong type", "elements as symbols", set("/elements", Json::array({"H"})), "elements[0]",
       "a number"},
      {"wrong type", "elements with a fraction", set("/elements", Json::array({1.5})), "elements",
       "whole numbers"},
      {"wrong type", "provenance as text", set("/provenance", "me"), "provenance", "an object"},
      {"wrong type", "tensors as a list", set("/tensors", Json::array()), "tensors", "an object"},
      {"wrong type", "a tensor as a list", set(BIAS, Json::array({1, 2})),
       "tensors.energy_head.0.bias", "an object"},
      {"wrong type", "reference frames as an object", set("/reference_frames", kEmpty),
       "reference_frames", "a list"},
      {"wrong type", "true for a number", set("/config/norm_epsilon", true), "config.norm_epsilon",
       "found:    true"},
      {"out of range", "hidden_dim 0", set("/config/hidden_dim", 0), "config.hidden_dim",
       "a multiple of 4"},
      {"out of range", "hidden_dim 6", set("/config/hidden_dim", 6), "config.hidden_dim",
       "a multiple of 4"},
      {"out of range", "hidden_dim negative", set("/config/hidden_dim", -4), "config.hidden_dim",
       "found:    -4"},
      {"huge number", "hidden_dim", set("/config/hidden_dim", 1'000'000'000), "config.hidden_dim",
       "from 4 to 512"},
      {"huge number", "num_interactions", set("/config/num_interactions", 2'147'483'647),
       "config.num_interactions", "1 to 16"},
      {"huge number", "num_rbf beyond 32 bits", set("/config/num_rbf", 4294967296LL),
       "config.num_rbf", "32-bit"},
      {"huge number", "num_rbf beyond 64 bits",
       replace("\"num_rbf\": 2", "\"num_rbf\": 99999999999999999999999"), "config.num_rbf",
       "not a whole number"},
      {"huge number", "cutoff beyond double", replace("\"cutoff\": 5.0", "\"cutoff\": 1e999"),
       "config.cutoff", "too large for double"},
      {"huge number", "float32 overflow", set(BIAS "/data", Json::array({1.0, 1e39})),
       "tensors.energy_head.0.bias.data", "too large for float32"},
      {"huge number", "reference energy", set("/reference_energies_eV/1", 1e30),
       "reference_energies_eV.1", "out of range"},
      {"huge number", "shape", set(BIAS "/shape", Json::array({2'000'000'000, 2'000'000'000})),
       "tensors.energy_head.0.bias.shape", "wrong shape"},
      {"out of range", "no layers", set("/config/num_interactions", 0), "config.num_interactions",
       "1 to 16"},
      {"out of range", "no radial functions", set("/config/num_rbf", 0), "config.num_rbf",
       "1 to 256"},
      {"out of range", "max_z 119", set("/config/max_z", 119), "config.max_z", "1 to 118"},
      {"out of range", "cutoff 0", set("/config/cutoff", 0.0), "config.cutoff",
       "0.5 to 20 Angstrom"},
      {"out of range", "cutoff in nanometres", set("/config/cutoff", 0.499), "config.cutoff",
       "0.5 to 20 Angstrom"},
      {"out of range", "norm_epsilon negative", set("/config/norm_epsilon", -0.01),
       "config.norm_epsilon", "0 to 1"},
      {"unknown value", "a switch", set("/config/vector_mixing", "matrx"), "config.vector_mixing",
       "did you mean \"matrix\"?"},
      {"unknown value", "other units", set("/units/energy", "kcal/mol"), "units.energy",
       "expected: \"eV\""},
      {"unknown value", "units in capitals", set("/units/length", "angstrom"), "units.length",
       "did you mean \"Angstrom\"?"},
      {"unknown value", "double precision", set(BIAS "/dtype", "float64"),
       "tensors.energy_head.0.bias.dtype", "expected: \"float32\""},
      {"unusable name", "empty", set("/name", ""), "name", "unusable name"},
      {"unusable name", "too long", set("/name", std::string(81, 'x')), "name", "1 to 80"},
      {"unusable name", "terminal controls", set("/name", "a\x1B[2J"), "name",
       "found:    \"a?[2J\""},
      // --- elements and constants
      {"elements", "none", set("/elements", Json::array()), "elements", "empty"},
      {"elements", "not sorted", set("/elements", Json::array({1, 7, 6, 8})), "elements[2]",
       "not in ascending order"},
      {"elements", "twice", set("/elements", Json::array({1, 6, 6, 7, 8})), "elements[2]",
       "element given twice"},
      {"elements", "beyond max_z", set("/elements", Json::array({1, 6, 7, 8, 9})), "elements[4]",
       "1 to 8"},
      {"elements", "number 0", set("/elements", Json::array({0, 1})), "elements[0]", "1 to 8"},
      {"constants", "of an untrained element", set("/reference_energies_eV/5", -1.0),
       "reference_energies_eV.5", "not in 'elements'"},
      {"constants", "by symbol", set("/reference_energies_eV/H", -1.0), "reference_energies_eV.H",
       "an atomic number"},
      {"constants", "with a leading zero", set("/reference_energies_eV/01", -1.0),
       "reference_energies_eV.01", "an atomic number"},
      {"constants", "as text", set("/reference_energies_eV/1", "-13"), "reference_energies_eV.1",
       "a number"},
      // --- tensors
      {"missing tensor", "a bias", drop("/tensors", "energy_head.2.bias"),
       "tensors.energy_head.2.bias", "a tensor of shape [1]"},
      {"extra tensor", "of another layer",
       set("/tensors/interactions.1.update.mixing_matrix", kEmpty),
       "tensors.interactions.1.update.mixing_matrix", "config.num_interactions is 1"},
      {"extra tensor", "mistyped", set("/tensors/embeding.weight", kEmpty),
       "tensors.embeding.weight", "did you mean \"embedding.weight\"?"},
      {"extra tensor", "of another model", set("/tensors/q.w", kEmpty), "tensors.q.w",
       "unknown tensor"},
      {"wrong shape", "transposed", set("/tensors/energy_head.0.weight/shape", Json::array({4, 2})),
       "tensors.energy_head.0.weight.shape", "expected: [2, 4]"},
      {"wrong shape", "flat", set("/tensors/energy_head.0.weight/shape", Json::array({8})),
       "tensors.energy_head.0.weight.shape", "found:    [8]"},
      {"wrong shape", "negative", set(BIAS "/shape", Json::array({-2})),
       "tensors.energy_head.0.bias.shape", "negative"},
      {"wrong shape", "one number", set(BIAS "/shape", 2), "tensors.energy_head.0.bias.shape",
       "a list of numbers"},
      {"wrong shape", "all sizes changed", set("/config/hidden_dim", 8),
       "tensors.embedding.weight.shape", "expected: [9, 8]"},
      {"bad base64", "a bad character", set(BIAS "/data", "AACAPwAA*AA="),
       "tensors.energy_head.0.bias.data", "at character 8 of 12"},
      {"bad base64", "a line break", set(BIAS "/data", "AACAPwAA\nAA="),
       "tensors.energy_head.0.bias.data", "outside the base64 alphabet"},
      {"bad base64", "URL alphabet", set(BIAS "/data", "AACAPwAA_3A="),
       "tensors.energy_head.0.bias.data", "outside the base64 alphabet"},
      {"bad base64", "padding cut off", set(BIAS "/data", "AACAPwAAAAA"),
       "tensors.energy_head.0.bias.data", "multiple of 4"},
      {"bad base64", "padding in the middle", set(BIAS "/data", "AA==PwAAAAA="),
       "tensors.energy_head.0.bias.data", "padding"},
      {"bad base64", "spare bits", set(BIAS "/data", "AACAPwAAAAB="),
       "tensors.energy_head.0.bias.data", "spare bits"},
      {"wrong size", "too few bytes", set(BIAS "/data", "AACAPw=="),
       "tensors.energy_head.0.bias.data", "4 bytes in 8 characters"},
      {"wrong size", "too many bytes", set("/tensors/energy_head.2.bias/data", kOneZero),
       "tensors.energy_head.2.bias.data", "wrong number of bytes"},
      {"wrong size", "no data", set(BIAS "/data", ""), "tensors.energy_head.0.bias.data",
       "wrong number of bytes"},
      {"wrong size", "doubles", set("/tensors/energy_head.2.bias/data", "AAAAAAAA8D8="),
       "tensors.energy_head.2.bias.data", "8 bytes"},
      {"wrong size", "too few numbers", set(BIAS "/data", Json::array({1.0})),
       "tensors.energy_head.0.bias.data", "wrong number of values"},
      {"wrong size", "nested numbers",
       set("/tensors/energy_head.0.weight/data",
           Json::array({Json::array({1, 2, 3, 4}), Json::array({1, 2, 3, 4})})),
       "tensors.energy_head.0.weight.data", "flatten"},
      {"NaN", "in base64", set(BIAS "/data", kNan), "tensors.energy_head.0.bias.data",
       "NaN at value 1"},
      {"NaN", "infinity in base64", set(BIAS "/data", kInfinity), "tensors.energy_head.0.bias.data",
       "infinity at value 1"},
      {"NaN", "-infinity in base64", set(BIAS "/data", kMinusInfinity),
       "tensors.energy_head.0.bias.data", "-infinity at value 1"},
      {"NaN", "as a word in a list", replace("\"cutoff\": 5.0", "\"cutoff\": NaN"), "config.cutoff",
       "no NaN"},
      {"NaN", "null in a list", set(BIAS "/data", Json::array({1.0, nullptr})),
       "tensors.energy_head.0.bias.data", "flat list of numbers"},
      {"radial functions", "width 0", set("/tensors/rbf.widths/data", kOneZero),
       "tensors.rbf.widths.data", "0.001 to 1000 Angstrom"},
      {"radial functions", "width negative", set("/tensors/rbf.widths/data", Json::array({1, -1})),
       "tensors.rbf.widths.data", "found:    -1"},
      // --- reference frames and training domain
      {"reference frames", "no atoms", set("/reference_frames/0/atomic_numbers", Json::array()),
       "reference_frames[0].atomic_numbers", "at least one atom"},
      {"reference frames", "an atom without position",
       set("/reference_frames/0/positions", Json::array({Json::array({0, 0, 0})})),
       "reference_frames[0].positions", "wrong number of atoms"},
      {"reference frames", "forces of more atoms",
       set("/reference_frames/1/forces",
           Json::array({Json::array({0, 0, 0}), Json::array({0, 0, 0})})),
       "reference_frames[1].forces", "found:    2"},
      {"reference frames", "two coordinates",
       set("/reference_frames/1/positions/0", Json::array({0, 0})),
       "reference_frames[1].positions[0]", "three numbers"},
      {"reference frames", "flat positions",
       set("/reference_frames/1/positions", Json::array({0, 0, 0})),
       "reference_frames[1].positions", "a list of lists"},
      {"reference frames", "untrained element",
       set("/reference_frames/0/atomic_numbers", Json::array({8, 5})),
       "reference_frames[0].atomic_numbers", "atomic number 5"},
      {"reference frames", "same name twice", set("/reference_frames/1/name", "OH"),
       "reference_frames[1].name", "name given twice"},
      {"reference frames", "a coordinate far out", set("/reference_frames/0/positions/1/2", 1e7),
       "reference_frames[0].positions[1]", "out of range"},
      {"training domain", "pair not sorted",
       set("/training_domain/closest_pairs/1/elements", Json::array({8, 1})),
       "training_domain.closest_pairs[1].elements", "ascending order"},
      {"training domain", "pair given twice",
       set("/training_domain/closest_pairs/1/elements", Json::array({1, 1})),
       "training_domain.closest_pairs[1].elements", "each once"},
      {"training domain", "three elements",
       set("/training_domain/closest_pairs/1/elements", Json::array({1, 1, 8})),
       "training_domain.closest_pairs[1].elements", "two atomic numbers"},
      {"training domain", "distance 0", set("/training_domain/closest_pairs/0/distance", 0),
       "training_domain.closest_pairs[0].distance", "above 0"},
      {"training domain", "negative temperature",
       set("/training_domain/temperatures_K", Json::array({300, -1})),
       "training_domain.temperatures_K", "out of range"},
  };
  return files;
}

/// What the reader says about a text; fails if it accepts it.
InputError refusal(const std::function<Model()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    return error;
  }
  FAIL("accepted");
  return InputError({});
}

void require_complete(const InputErrorParts& parts) {
  CHECK_FALSE(parts.problem.empty());
  CHECK_FALSE(parts.expected.empty());
  CHECK_FALSE(parts.found.empty());
}

std::filesystem::path scratch_folder() {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("fusemd_bad_model_files_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

TEST_CASE("the file that the bad ones are made from is good", "[bad_model_files]") {
  const std::string good = format_model(minute_model());
  REQUIRE_NOTHROW(parse_model(good, "good.json"));
  REQUIRE_NOTHROW(parse_model(Json::parse(good).dump(1), "good.json"));
  std::cout << bad_files().size() << " bad model files\n";
  REQUIRE(bad_files().size() >= 100);
}

TEST_CASE("every bad file is refused by name", "[bad_model_files]") {
  const std::string good = format_model(minute_model());
  for (const BadFile& bad : bad_files()) {
    const std::string text = bad.change(good);
    REQUIRE(text != good);
    INFO(bad.fault << ": " << bad.name);
    const InputError error = refusal([&] { return parse_model(text, "bad.json"); });
    INFO(error.what());
    const InputErrorParts& parts = error.parts();
    CHECK(parts.file == "bad.json");
    if (bad.key != nullptr) CHECK(parts.key == bad.key);
    CHECK(std::string(error.what()).find(bad.message) != std::string::npos);
    CHECK(parts.line <= 1 + std::count(text.begin(), text.end(), '\n'));
    // A JSON text has lines; what is not even JSON has none.
    if (!parts.key.empty()) CHECK(parts.line >= 1);
    require_complete(parts);
    // Whatever the file holds, the message stays readable on a terminal.
    const std::string message = error.what();
    CHECK(message.size() < 1000);
    CHECK(std::none_of(message.begin(), message.end(), [](char c) {
      return std::iscntrl(static_cast<unsigned char>(c)) != 0 && c != '\n';
    }));
  }
}

TEST_CASE("a refusal names the line of its key", "[bad_model_files]") {
  const std::string good = format_model(minute_model());
  const auto line_in = [](const std::string& text, const char* mark) {
    const std::size_t offset = text.find(mark);
    REQUIRE(offset != std::string::npos);
    const auto at = text.begin() + static_cast<std::ptrdiff_t>(offset);
    return 1 + std::count(text.begin(), at, '\n');
  };
  const auto line_of = [&](const Change& change, const char* mark) {
    const std::string text = change(good);
    const InputError error = refusal([&] { return parse_model(text, "bad.json"); });
    INFO(error.what());
    CHECK(error.parts().line == line_in(text, mark));
  };
  line_of(set("/config/cutoff", 0.0), "\"cutoff\"");
  line_of(drop("/config", "cutoff"), "\"config\"");
  line_of(set(BIAS "/data", kNan), kNan);
  line_of(set("/reference_frames/1/name", ""), "\"name\": \"\"");
  line_of(replace("\"eV\"}", "\"eV\",}"), "\"eV\"");
}

TEST_CASE("what cannot be read at all is refused with the reason", "[bad_model_files]") {
  const auto folder = scratch_folder();
  const auto refused = [](const std::filesystem::path& path) {
    const InputError error = refusal([&] { return read_model(path.string()); });
    INFO(error.what());
    CHECK(error.parts().file == path.string());
    require_complete(error.parts());
    return std::string(error.what());
  };
  const auto has = [](const std::string& text, const char* part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(refused(folder / "none.json"), "No such file");
  has(refused(folder), "a directory");
  has(refused(folder / "none.json" / "below"), "cannot be opened");

  const auto empty = folder / "empty.json";
  std::ofstream{empty};
  has(refused(empty), "an empty file");

  // Sparse: takes no room on the disk, and must be refused before it is read into memory.
  const auto large = folder / "large.json";
  std::ofstream{large};
  std::filesystem::resize_file(large, (std::uintmax_t{512} << 20) + 1);
  has(refused(large), "more than 512 MiB");

  const auto secret = folder / "secret.json";
  std::ofstream(secret) << format_model(minute_model());
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  if (::geteuid() != 0) has(refused(secret), "Permission denied");  // nothing is secret to root

  // Opens, but its first page cannot be read, by anybody.
  if (std::filesystem::exists("/proc/self/mem")) has(refused("/proc/self/mem"), "cannot be read");
  std::filesystem::remove_all(folder);
}
