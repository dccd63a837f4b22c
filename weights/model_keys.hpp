// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace fusemd::model_keys {

/// Words that the reader and the writer of model files must agree on (weights/FORMAT.md).
inline constexpr std::string_view kFormat = "fusemd-model";
inline constexpr int kVersion = 1;
inline constexpr std::string_view kArchitecture = "student";
inline constexpr std::string_view kLengthUnit = "Angstrom";
inline constexpr std::string_view kEnergyUnit = "eV";
inline constexpr std::string_view kDtype = "float32";

/// Values of the switches, in the order of the enumerations of weights/model.hpp.
inline constexpr std::array<std::string_view, 2> kCutoffAppliedTo = {"rbf", "filter"};
inline constexpr std::array<std::string_view, 2> kVectorMixing = {"matrix", "none"};
inline constexpr std::array<std::string_view, 2> kDirectionalMessage = {"filter",
                                                                        "filter_times_source"};

}  // namespace fusemd::model_keys
