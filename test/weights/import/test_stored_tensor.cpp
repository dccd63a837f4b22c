// SPDX-License-Identifier: MIT
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "test/support/catch.hpp"
#include "test/support/skip.hpp"
#include "weights/error.hpp"
#include "weights/import/stored_tensor.hpp"

namespace fusemd::test {
namespace {

using namespace fusemd::checkpoint;

template <typename Number>
std::vector<std::byte> bytes_of(const std::vector<Number>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(Number));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

StoredTensor view(ElementType type,
                  std::span<const std::byte> storage,
                  std::vector<std::size_t> shape,
                  std::vector<std::size_t> strides,
                  std::size_t offset = 0) {
  return {"t", type, std::move(shape), std::move(strides), offset, storage};
}

constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();

}  // namespace

TEST_CASE("all 65,536 half-precision numbers are what IEEE 754 says") {
  any_ran() = true;
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31U);
    const int mantissa = static_cast<int>(bits & 1023U);
    double expected =
        exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) expected = mantissa == 0 ? HUGE_VAL : std::nan("");
    if ((bits & 0x8000U) != 0) expected = -expected;
    const float value = float_from_half(static_cast<std::uint16_t>(bits));
    INFO("bits " << bits);
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(value));
    } else {
      REQUIRE(static_cast<double>(value) == expected);
      REQUIRE(std::signbit(value) == std::signbit(expected));
    }
  }
}

TEST_CASE("strided views are read in row order") {
  const auto storage = bytes_of(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  const auto values = [&](std::vector<std::size_t> shape, std::vector<std::size_t> strides,
                          std::size_t offset) {
    const auto tensor =
        view(ElementType::float32, storage, std::move(shape), std::move(strides), offset);
    require_inside_storage(tensor);
    return to_float32(tensor).values;
  };
  CHECK(values({2, 3}, {3, 1}, 0) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(values({3, 2}, {1, 3}, 0) == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(values({2, 2}, {4, 2}, 1) == std::vector<float>{1, 3, 5, 7});
  CHECK(values({3}, {0}, 9) == std::vector<float>{9, 9, 9});
  CHECK(values({}, {}, 4) == std::vector<float>{4});
  CHECK(values({2, 0}, {1, 1}, 0).empty());
  const auto tensor = view(ElementType::float32, storage, {2, 3}, {3, 1});
  CHECK(to_float32(transposed(tensor)).values == std::vector<float>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("every type is converted, and float64 that does not fit float32 is counted") {
  CHECK(to_float32(view(ElementType::bfloat16, bytes_of(std::vector<std::uint16_t>{0x3F80, 0xC000}),
                        {2}, {1}))
            .values == std::vector<float>{1.0F, -2.0F});
  const auto wide = bytes_of(std::vector<double>{0.5, 0.1, 1e-300, -3.0});
  const Narrowed narrowed = to_float32(view(ElementType::float64, wide, {4}, {1}));
  CHECK(narrowed.values == std::vector<float>{0.5F, 0.1F, 0.0F, -3.0F});
  CHECK(narrowed.rounded == 2);
  const auto large = bytes_of(std::vector<double>{1e39});
  CHECK_THROWS_AS(to_float32(view(ElementType::float64, large, {1}, {1})), InputError);
  CHECK_THROWS_AS(to_float32(view(ElementType::other, large, {1}, {1})), InputError);
}

TEST_CASE("a view that reaches outside of its storage is refused, without overflow") {
  const auto storage = bytes_of(std::vector<float>(6));
  const auto refused = [&](std::vector<std::size_t> shape, std::vector<std::size_t> strides,
                           std::size_t offset = 0) {
    try {
      require_inside_storage(
          view(ElementType::float32, storage, std::move(shape), std::move(strides), offset));
    } catch (const InputError& error) {
      return error.parts().key == "t";
    }
    return false;
  };
  CHECK_FALSE(refused({2, 3}, {3, 1}));
  CHECK_FALSE(refused({6}, {1}));
  CHECK(refused({7}, {1}));
  CHECK(refused({6}, {1}, 1));
  CHECK(refused({2, 3}, {4, 1}));
  CHECK(refused({}, {}, 6));
  CHECK(refused({kHuge}, {kHuge}));
  CHECK(refused({kHuge}, {1}, 1));
  CHECK(refused({2}, {kHuge}, kHuge));
  CHECK(refused({3, 3}, {kHuge / 2, kHuge / 2}));
  CHECK(refused({0}, {1}, kHuge));
  CHECK(refused({2, 3}, {3}));
}

TEST_CASE("sizes that overflow are no sizes") {
  CHECK(element_count(std::array<std::size_t, 2>{3, 4}) == 12U);
  CHECK(element_count(std::span<const std::size_t>{}) == 1U);
  CHECK_FALSE(element_count(std::array<std::size_t, 2>{kHuge, 2}));
  CHECK_FALSE(element_count(std::array<std::size_t, 3>{kHuge / 2, 2, 2}));
  CHECK(element_count(std::array<std::size_t, 3>{0, kHuge, kHuge}) == 0U);
}

}  // namespace fusemd::test
