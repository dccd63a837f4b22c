// SPDX-License-Identifier: MIT
#include "benchmarks/micro/cases.hpp"

namespace fusemd::benchmarks {

std::vector<MicroCase> cuda_cases(const MicroAxes&, std::string& why_not) {
  why_not = "this program was built without a CUDA compiler";
  return {};
}

}  // namespace fusemd::benchmarks
