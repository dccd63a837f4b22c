// SPDX-License-Identifier: MIT
// Every instruction that the translator knows, at its edge values, against the exact results that
// opcodes/*.py computes in rational arithmetic.
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/device_memory.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/ptx/runtime/kernel_info.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

/// What an output must be: bits, or within `bound` of `exact` (as f32).
struct Expected {
  std::uint64_t bits = 0;
  bool approximate = false;
  double exact = 0.0;
  double bound = 0.0;
};

struct Row {
  unsigned index = 0;
  unsigned threads = 0;
  unsigned inputs = 0;
  std::vector<std::string> outputs;  ///< types
  std::string name;
  std::vector<std::uint64_t> in;  ///< [threads][inputs]
  std::vector<Expected> out;      ///< [threads][outputs]
};

Expected read_expected(const std::string& word) {
  if (word[0] != '~') return {.bits = std::stoull(word, nullptr, 16)};
  const std::size_t middle = word.find('~', 1);
  return {.approximate = true,
          .exact = std::stod(word.substr(1, middle - 1)),
          .bound = std::stod(word.substr(middle + 1))};
}

std::vector<Row> read_rows() {
  std::ifstream file(FUSEMD_OPCODE_CASES);
  REQUIRE(file);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream head(line);
    Row row;
    unsigned outputs = 0;
    head >> row.index >> row.threads >> row.inputs >> outputs;
    row.outputs.resize(outputs);
    for (std::string& type : row.outputs) head >> type;
    row.name = line.substr(line.find('#') + 2);
    for (unsigned thread = 0; thread < row.threads; ++thread) {
      std::getline(file, line);
      std::istringstream words(line);
      std::string word;
      for (unsigned i = 0; i < row.inputs + outputs; ++i) {
        words >> word;
        if (i < row.inputs)
          row.in.push_back(std::stoull(word, nullptr, 16));
        else
          row.out.push_back(read_expected(word));
      }
      REQUIRE(words);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

struct BoundRow {
  ptx::Entry entry;
  const void* in;
  void* out;
  void* own;

  static void run(const void* bound) {
    const auto& self = *static_cast<const BoundRow*>(bound);
    const void* const arguments[] = {&self.in, &self.out, &self.own};
    self.entry(arguments);
  }
};

std::vector<std::uint64_t> run(const ptx::KernelInfo& kernel, const Row& row) {
  const test::DeviceArray<std::uint64_t> in(row.in);
  auto out = test::zeroed<std::uint64_t>(row.out.size());
  auto own = test::zeroed<std::uint64_t>(2 * std::size_t{row.threads});
  executor::launch_call({.block = {row.threads}, .cluster = 1}, nullptr,
                        {.function = reinterpret_cast<const void*>(kernel.entry),
                         .run = BoundRow::run,
                         .bound = std::make_shared<BoundRow>(
                             BoundRow{kernel.entry, in.data(), out.data(), own.data()}),
                         .bound_bytes = sizeof(BoundRow)});
  return out.download();
}

bool is_nan(const std::string& type, std::uint64_t bits) {
  if (type == "f32") return std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return type == "f64" && std::isnan(std::bit_cast<double>(bits));
}

/// NaN payloads are the machine's own but for the instructions that PTX pins down; those rows give
/// their output an integer type.
bool matches(const std::string& type, std::uint64_t bits, const Expected& expected) {
  if (expected.approximate) {
    const double value = double{std::bit_cast<float>(static_cast<std::uint32_t>(bits))};
    constexpr double kOverflows = 0x1.ffffffp127;  // half way past the largest f32
    if (std::isinf(value)) {
      return (value > 0) == (expected.exact > 0) &&
             std::abs(expected.exact) + expected.bound >= kOverflows;
    }
    return std::abs(value - expected.exact) <= expected.bound;
  }
  if (is_nan(type, expected.bits)) return is_nan(type, bits);
  return bits == expected.bits;
}

/// The first thread whose result is wrong, in words; empty if all are right.
std::string first_difference(const Row& row, const std::vector<std::uint64_t>& result) {
  const std::size_t outputs = row.outputs.size();
  for (std::size_t i = 0; i < row.out.size(); ++i) {
    if (matches(row.outputs[i % outputs], result[i], row.out[i])) continue;
    std::ostringstream text;
    text << "thread " << i / outputs << " output " << i % outputs << std::hex << ": inputs";
    for (unsigned k = 0; k < row.inputs; ++k) text << " " << row.in[i / outputs * row.inputs + k];
    text << ", got " << result[i] << ", expected " << row.out[i].bits;
    if (row.out[i].approximate) text << row.out[i].exact << " within " << row.out[i].bound;
    return text.str();
  }
  return "";
}

const ptx::KernelInfo& kernel_of(const Row& row) {
  const std::string name = "row_" + std::to_string(row.index);
  for (const ptx::KernelInfo* kernel : ptx::translated_kernels()) {
    if (kernel->name == name) return *kernel;
  }
  FAIL("no kernel " << name);
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("every opcode gives the exact result at its edge values") {
  const std::vector<Row> rows = read_rows();
  CHECK(rows.size() == ptx::translated_kernels().size());
  std::size_t values = 0;
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(first_difference(row, run(kernel_of(row), row)) == "");
    values += row.out.size();
  }
  WARN(rows.size() << " instructions, " << values << " results");
}

TEST_CASE("approximate units stay inside their bounds and use them") {
  executor::Config config;
  config.approximate_units = true;
  unsigned approximate_rows = 0;
  for (const Row& row : read_rows()) {
    if (row.name.find(".approx") == std::string::npos &&
        row.name.find(".full") == std::string::npos) {
      continue;
    }
    ++approximate_rows;
    INFO(row.name);
    const std::vector<std::uint64_t> exact = run(kernel_of(row), row);
    std::size_t moved = 0;
    for (config.seed = 1; config.seed <= 20; ++config.seed) {
      const executor::ScopedConfig scope(config);
      const std::vector<std::uint64_t> result = run(kernel_of(row), row);
      INFO("seed " << config.seed);
      CHECK(first_difference(row, result) == "");
      CHECK(run(kernel_of(row), row) == result);
      for (std::size_t i = 0; i < result.size(); ++i) moved += result[i] != exact[i] ? 1u : 0u;
    }
    CHECK(moved > 0);
  }
  CHECK(approximate_rows == 17);
}

}  // namespace fusemd
