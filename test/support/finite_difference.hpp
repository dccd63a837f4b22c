// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd::test {

/// df/dx at 0 by the five-point central difference: the error is step^4 f^(5) / 30, plus 1.5 times
/// the noise of f divided by the step.
template <typename Function>
double five_point_derivative(const Function& f, double step) {
  const double near = f(step) - f(-step);
  const double far = f(2.0 * step) - f(-2.0 * step);
  return (8.0 * near - far) / (12.0 * step);
}

}  // namespace fusemd::test
