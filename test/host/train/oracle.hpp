// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/structure.hpp"
#include "host/student_parameters.hpp"
#include "host/train/loss.hpp"
#include "host/train/parameter_layout.hpp"

namespace fusemd::test {

/// The loss of a batch by the reference engine, formulas written apart from host/train/.
double oracle_loss(const StudentParameters& parameters,
                   std::span<const Structure> frames,
                   train::LossKind kind,
                   double energy_weight);

/// The numbers of StudentParameters that a tensor's name stands for.
std::vector<double>& values_of(StudentParameters& parameters, const std::string& tensor);

/// Adds step * direction, a vector of the layout's flat parameters.
void displace(StudentParameters& parameters,
              const train::ParameterLayout& layout,
              std::span<const double> direction,
              double step);

}  // namespace fusemd::test
