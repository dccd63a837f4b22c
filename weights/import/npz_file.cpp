// SPDX-License-Identifier: MIT
#include "weights/import/npz_file.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/json_header.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kExtension = ".npy";

[[noreturn]] void refuse(std::string_view name,
                         std::string problem,
                         std::string expected,
                         std::string found) {
  throw InputError({.key = printable_key(name),
                    .problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = "numpy.savez(FILE, **tensors) writes such files"});
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What stands behind 'key': in the header, up to `stop`.
std::string_view field(std::string_view header, std::string_view key, char stop) {
  const std::string quoted = '\'' + std::string(key) + "':";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) return {};
  std::string_view rest = header.substr(at + quoted.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t end = rest.find(stop, 1);
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end + 1);
}

std::vector<std::size_t> read_shape(std::string_view name, std::string_view text) {
  std::vector<std::size_t> shape;
  std::size_t at = 1;  // behind the bracket
  while (at < text.size() && text[at] != ')') {
    if (text[at] == ' ' || text[at] == ',') {
      ++at;
      continue;
    }
    std::size_t extent = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), extent);
    if (error != std::errc{} || shape.size() >= kMostAxes) {
      refuse(name, "not a shape", "at most " + std::to_string(kMostAxes) + " whole numbers",
             in_quotes(text));
    }
    shape.push_back(extent);
    at = static_cast<std::size_t>(end - text.data());
  }
  return shape;
}

/// One array; its storage is a part of `bytes`.
StoredTensor read_array(std::string_view name, std::span<const std::byte> bytes) {
  const std::string_view text = as_text(bytes);
  if (!text.starts_with("\x93NUMPY") || text.size() < 12) {
    refuse(name, "not an array", "a NumPy array", in_quotes(text.substr(0, 8)));
  }
  // Version 1 counts the header with two bytes, versions 2 and 3 with four.
  const std::size_t count_bytes = text[6] == 1 ? 2 : 4;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count_bytes; ++i) {
    length |= static_cast<std::size_t>(bytes[8 + i]) << (8 * i);
  }
  const std::size_t begin = 8 + count_bytes;
  if (length > text.size() - begin) {
    refuse(name, "a header that is too long", std::to_string(text.size() - begin) + " bytes",
           std::to_string(length));
  }
  const std::string_view header = text.substr(begin, length);
  StoredTensor tensor;
  tensor.name = name;
  tensor.shape = read_shape(name, field(header, "shape", ')'));
  tensor.strides = row_major_strides(tensor.shape);
  if (field(header, "fortran_order", ',').starts_with("True")) {
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    tensor.strides = row_major_strides(tensor.shape);
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    std::reverse(tensor.strides.begin(), tensor.strides.end());
  }
  const std::string_view type = field(header, "descr", '\'');
  if (type.find('>') != std::string_view::npos || type.find('O') != std::string_view::npos) {
    refuse(name, "an array of a kind that is not read", "little-endian numbers", in_quotes(type));
  }
  tensor.type = type == "'<f4'"   ? ElementType::float32
                : type == "'<f8'" ? ElementType::float64
                : type == "'<f2'" ? ElementType::float16
                                  : ElementType::other;
  tensor.storage = bytes.subspan(begin + length);
  const auto count = element_count(tensor.shape);
  std::size_t size = 0;
  if (!count || __builtin_mul_overflow(*count, element_size(tensor.type), &size) ||
      (tensor.type != ElementType::other && size != tensor.storage.size())) {
    refuse(name, "another size than the shape has",
           shape_text(tensor.shape) + " of " + std::string(type),
           std::to_string(tensor.storage.size()) + " bytes");
  }
  return tensor;
}

}  // namespace

bool is_npz(const ZipArchive& archive) {
  return !archive.entries().empty() &&
         std::all_of(archive.entries().begin(), archive.entries().end(),
                     [](const auto& entry) { return entry.name.ends_with(kExtension); });
}

Checkpoint read_npz(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = "NumPy";
  checkpoint.bytes = std::move(bytes);
  ZipArchive archive(checkpoint.bytes);
  checkpoint.unpacked.reserve(archive.entries().size());
  for (const ZipArchive::Entry& entry : archive.entries()) {
    const std::string name = entry.name.substr(0, entry.name.size() - kExtension.size());
    checkpoint.unpacked.push_back(archive.read(entry));
    StoredTensor tensor = read_array(name, checkpoint.unpacked.back());
    if (name == kModelHeaderKey) {
      checkpoint.metadata.model_header = as_text(tensor.storage);
    } else if (is_metadata_number(name) && element_count(tensor.shape) == 1U &&
               tensor.type != ElementType::other) {
      checkpoint.metadata.numbers[name] = static_cast<double>(to_float32(tensor).values.front());
    } else {
      checkpoint.tensors.push_back(std::move(tensor));
    }
  }
  return checkpoint;
}

}  // namespace fusemd::checkpoint
