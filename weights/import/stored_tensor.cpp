// SPDX-License-Identifier: MIT
#include "weights/import/stored_tensor.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "weights/error.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

/// Numbers are put together byte by byte, so the machine's own byte order does not matter.
template <typename Bits>
Bits bits_at(const std::byte* at) {
  Bits bits = 0;
  for (std::size_t i = 0; i < sizeof(Bits); ++i) {
    bits = static_cast<Bits>(bits | static_cast<Bits>(static_cast<Bits>(at[i]) << (8 * i)));
  }
  return bits;
}

double value_at(const std::byte* at, ElementType type) {
  switch (type) {
    case ElementType::float16:
      return static_cast<double>(float_from_half(bits_at<std::uint16_t>(at)));
    case ElementType::bfloat16:
      return static_cast<double>(
          std::bit_cast<float>(static_cast<std::uint32_t>(bits_at<std::uint16_t>(at)) << 16));
    case ElementType::float32:
      return static_cast<double>(std::bit_cast<float>(bits_at<std::uint32_t>(at)));
    case ElementType::float64:
      return std::bit_cast<double>(bits_at<std::uint64_t>(at));
    case ElementType::other:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

/// Bytes of one number; throws for types that no weights have.
std::size_t floating_size(const StoredTensor& tensor) {
  if (const std::size_t size = element_size(tensor.type); size > 0) return size;
  throw InputError({.key = printable_key(tensor.name),
                    .problem = "not a tensor of floating-point numbers",
                    .expected = "float16, bfloat16, float32 or float64",
                    .hint = "quantised models must be converted back first"});
}

/// Positions of all elements of a strided tensor, row by row.
class StridedIndex {
 public:
  explicit StridedIndex(const StoredTensor& tensor)
      : tensor_(tensor), index_(tensor.shape.size(), 0), at_(tensor.offset) {}

  std::size_t at() const { return at_; }
  void advance() {
    for (std::size_t axis = index_.size(); axis-- > 0;) {
      at_ += tensor_.strides[axis];
      if (++index_[axis] < tensor_.shape[axis]) return;
      at_ -= tensor_.strides[axis] * tensor_.shape[axis];
      index_[axis] = 0;
    }
  }

 private:
  const StoredTensor& tensor_;
  std::vector<std::size_t> index_;
  std::size_t at_;
};

}  // namespace

std::size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::float16:
    case ElementType::bfloat16:
      return 2;
    case ElementType::float32:
      return 4;
    case ElementType::float64:
      return 8;
    case ElementType::other:
      break;
  }
  return 0;
}

std::string_view element_name(ElementType type) {
  switch (type) {
    case ElementType::float16:
      return "float16";
    case ElementType::bfloat16:
      return "bfloat16";
    case ElementType::float32:
      return "float32";
    case ElementType::float64:
      return "float64";
    case ElementType::other:
      break;
  }
  return "no floating-point type";
}

std::optional<std::size_t> element_count(std::span<const std::size_t> shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) return {};
  }
  return count;
}

std::vector<std::size_t> row_major_strides(std::span<const std::size_t> shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    // Wraps around only for shapes that element_count() finds too large.
    strides[axis - 1] = strides[axis] * shape[axis];
  }
  return strides;
}

StoredTensor transposed(StoredTensor tensor) {
  std::swap(tensor.shape.at(0), tensor.shape.at(1));
  std::swap(tensor.strides.at(0), tensor.strides.at(1));
  return tensor;
}

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape) {
    if (text.size() > 1) text += ", ";
    if (text.size() > 80) return text + "...]";
    text += std::to_string(extent);
  }
  return text + ']';
}

void require_inside_storage(const StoredTensor& tensor) {
  const std::size_t stored = tensor.storage.size() / floating_size(tensor);
  std::size_t last = tensor.offset;
  bool fits = tensor.strides.size() == tensor.shape.size();
  bool empty = false;
  for (std::size_t axis = 0; fits && axis < tensor.shape.size(); ++axis) {
    if (tensor.shape[axis] == 0) {
      empty = true;
      continue;
    }
    std::size_t reach = 0;
    fits = !__builtin_mul_overflow(tensor.shape[axis] - 1, tensor.strides[axis], &reach) &&
           !__builtin_add_overflow(last, reach, &last);
  }
  if (fits && (empty ? tensor.offset <= stored : last < stored)) return;
  throw InputError({.key = printable_key(tensor.name),
                    .problem = "reaches outside of its data",
                    .expected = "a view into " + std::to_string(stored) + " stored numbers",
                    .found = "shape " + shape_text(tensor.shape) + ", strides " +
                             shape_text(tensor.strides) + ", offset " +
                             std::to_string(tensor.offset),
                    .hint = "the file was damaged or cut; copy or download it again"});
}

Narrowed to_float32(const StoredTensor& tensor) {
  const std::size_t size = floating_size(tensor);
  // Half a float32 spacing above the largest one: everything below rounds to a finite float32.
  constexpr double kOverflow = 0x1.ffffffp127;
  Narrowed result;
  result.values.resize(element_count(tensor.shape).value());
  StridedIndex index(tensor);
  for (float& value : result.values) {
    const double wide = value_at(tensor.storage.data() + index.at() * size, tensor.type);
    if (std::isfinite(wide) && std::abs(wide) >= kOverflow) {
      throw InputError({.key = printable_key(tensor.name),
                        .problem = "a number too large for float32",
                        .expected = "numbers up to 3.4e38",
                        .hint = "model files hold float32"});
    }
    value = static_cast<float>(wide);
    if (static_cast<double>(value) != wide && !std::isnan(wide)) ++result.rounded;
    index.advance();
  }
  return result;
}

float float_from_half(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = bits >> 10 & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24, exact in float32
    const auto magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide = exponent == 0x1FU ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

}  // namespace fusemd::checkpoint
