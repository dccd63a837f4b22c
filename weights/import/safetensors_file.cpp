// SPDX-License-Identifier: MIT
#include "weights/import/safetensors_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/json_header.hpp"
#include "weights/json_field.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kLargestHeader = std::size_t{16} << 20;

struct Dtype {
  std::string_view name;
  ElementType type;
  std::size_t size;
};

constexpr auto kDtypes = std::to_array<Dtype>({
    {"F16", ElementType::float16, 2},
    {"BF16", ElementType::bfloat16, 2},
    {"F32", ElementType::float32, 4},
    {"F64", ElementType::float64, 8},
    {"BOOL", ElementType::other, 1},
    {"U8", ElementType::other, 1},
    {"I8", ElementType::other, 1},
    {"F8_E4M3", ElementType::other, 1},
    {"F8_E5M2", ElementType::other, 1},
    {"U16", ElementType::other, 2},
    {"I16", ElementType::other, 2},
    {"U32", ElementType::other, 4},
    {"I32", ElementType::other, 4},
    {"U64", ElementType::other, 8},
    {"I64", ElementType::other, 8},
});

[[noreturn]] void refuse_file(std::string problem, std::string expected, std::string found) {
  throw InputError({.problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = "copy or download the file again"});
}

struct Range {
  std::size_t begin = 0, end = 0;
  std::string name;
};

/// One entry: its view of the data, and where that begins and ends.
std::pair<StoredTensor, Range> read_entry(std::string_view name,
                                          const JsonField& field,
                                          std::span<const std::byte> data) {
  field.allow_only({"dtype", "shape", "data_offsets"});
  const JsonField dtype = field.at("dtype");
  std::array<std::string_view, kDtypes.size()> names;
  std::transform(kDtypes.begin(), kDtypes.end(), names.begin(),
                 [](const Dtype& known) { return known.name; });
  const Dtype& known = kDtypes[dtype.choice(names)];

  StoredTensor tensor;
  tensor.name = name;
  tensor.type = known.type;
  tensor.shape = tensor_shape(field.at("shape"));
  tensor.strides = row_major_strides(tensor.shape);

  const JsonField offsets = field.at("data_offsets");
  const std::vector<std::size_t> range = naturals(offsets);
  if (range.size() != 2 || range[0] > range[1] || range[1] > data.size()) {
    offsets.refuse("not a part of the file", "begin <= end <= " + std::to_string(data.size()),
                   shape_text(range), "the file was damaged or cut; copy or download it again");
  }
  const auto count = element_count(tensor.shape);
  std::size_t size = 0;
  if (!count || __builtin_mul_overflow(*count, known.size, &size) || size != range[1] - range[0]) {
    offsets.refuse("another size than the shape has",
                   shape_text(tensor.shape) + " of " + std::to_string(known.size) + " bytes each",
                   std::to_string(range[1] - range[0]) + " bytes");
  }
  tensor.storage = data.subspan(range[0], size);
  return {std::move(tensor), Range{range[0], range[1], std::string(name)}};
}

void require_no_gap_and_no_overlap(std::vector<Range> ranges, std::size_t size) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::size_t at = 0;
  for (const Range& range : ranges) {
    if (range.begin != at) {
      throw InputError({.key = printable_key(range.name) + ".data_offsets",
                        .problem = range.begin < at ? "data that overlap" : "a gap in the data",
                        .expected = "a beginning at " + std::to_string(at),
                        .found = std::to_string(range.begin),
                        .hint = "copy or download the file again"});
    }
    at = range.end;
  }
  if (at == size) return;
  refuse_file("data that belong to no tensor", std::to_string(at) + " bytes of data",
              std::to_string(size) + " bytes");
}

}  // namespace

Checkpoint read_safetensors(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = "safetensors";
  checkpoint.bytes = std::move(bytes);
  const std::span<const std::byte> all = checkpoint.bytes;
  std::size_t length = 0;
  if (all.size() < kLengthBytes)
    refuse_file("a file that is too short", "8 bytes or more", "fewer");
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<std::size_t>(all[i]) << (8 * i);
  }
  if (length > all.size() - kLengthBytes || length > kLargestHeader) {
    refuse_file(
        "a header that is too long",
        "at most " + std::to_string(std::min(all.size() - kLengthBytes, kLargestHeader)) + " bytes",
        std::to_string(length) + " bytes");
  }
  const std::span<const std::byte> data = all.subspan(kLengthBytes + length);
  const std::string_view text(reinterpret_cast<const char*>(all.data()) + kLengthBytes, length);
  const JsonValue tree = parse_header(text);
  std::vector<Range> ranges;
  for (const auto& [name, field] : JsonField(tree, "").members()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : field.members())
        add_metadata(key, value, checkpoint.metadata);
      continue;
    }
    if (checkpoint.tensors.size() >= kMostTensors) {
      refuse_file("too many tensors", "at most " + std::to_string(kMostTensors), "more");
    }
    auto [tensor, range] = read_entry(name, field, data);
    checkpoint.tensors.push_back(std::move(tensor));
    ranges.push_back(std::move(range));
  }
  require_no_gap_and_no_overlap(std::move(ranges), data.size());
  return checkpoint;
}

}  // namespace fusemd::checkpoint
