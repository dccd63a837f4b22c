// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fusemd::checkpoint {

/// How a checkpoint stores one number. Weights come in the four floating-point types; tensors of
/// the others (counters, masks) are listed and never used.
enum class ElementType { float16, bfloat16, float32, float64, other };

std::size_t element_size(ElementType type);  ///< bytes; 0 for `other`
std::string_view element_name(ElementType type);

/// A tensor where it lies in a checkpoint: a strided view of little-endian numbers. Nothing of it
/// has been copied, so a shape costs no memory before it is known to be one of the model's.
struct StoredTensor {
  std::string name;
  ElementType type = ElementType::other;
  std::vector<std::size_t> shape;
  std::vector<std::size_t> strides;  ///< elements from one index to the next, one for each axis
  std::size_t offset = 0;            ///< elements before the first
  std::span<const std::byte> storage;
};

/// Product of the extents; nothing if it does not fit 64 bits.
std::optional<std::size_t> element_count(std::span<const std::size_t> shape);

/// Strides of a tensor stored row by row (the last index runs fastest).
std::vector<std::size_t> row_major_strides(std::span<const std::size_t> shape);

/// The same tensor with its two axes exchanged; needs two axes.
StoredTensor transposed(StoredTensor tensor);

/// "[128, 20]".
std::string shape_text(std::span<const std::size_t> shape);

/// Refuses a view that reaches outside of its storage. All arithmetic is checked, so extents up to
/// 2^64 - 1 are safe.
///
/// Errors   InputError with the tensor's name as its key; also for a type other than the four.
void require_inside_storage(const StoredTensor& tensor);

/// Numbers as a model holds them.
struct Narrowed {
  std::vector<float> values;  ///< row by row
  std::size_t rounded = 0;    ///< float64 values that are not exactly a float32
};

/// Copies a tensor row by row to float32: float16 and bfloat16 exactly, float64 rounded to nearest.
/// NaN and infinities are kept for the model's own check to name.
///
/// Needs    require_inside_storage() passed, and a shape whose size the caller has bounded.
/// Errors   InputError with the tensor's name: a type other than the four, or a float64 beyond
///          float32.
Narrowed to_float32(const StoredTensor& tensor);

/// IEEE 754 half precision: 1 sign, 5 exponent and 10 mantissa bits. Exact.
float float_from_half(std::uint16_t bits);

}  // namespace fusemd::checkpoint
