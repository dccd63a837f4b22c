// SPDX-License-Identifier: MIT
#pragma once
// A random student model, atoms on a chain, and what the reference engine makes of them: expected
// values for kernels, stage by stage, in the layout of kernels/batch.hpp.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/reference/student_network.hpp"
#include "host/student_parameters.hpp"
#include "kernels/dense.hpp"
#include "kernels/launch_policy.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/tiny_model.hpp"
#include "test/support/tolerance.hpp"

namespace fusemd::test {

/// Forward and backward pass of the reference engine. Atom i sits near (1.2 i, 0, 0) Angstrom, off
/// the line by random amounts, so that it has up to eight neighbours: sums like those of a
/// molecule, at a cost that grows with the number of atoms and not with its square.
struct NetworkFixture {
  NetworkFixture(const StudentConfig& config, std::size_t n_atoms, std::uint64_t seed);

  StudentParameters parameters;
  std::size_t n_atoms;
  std::size_t n_channels;
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;
  reference::Values values;
  reference::Gradients gradients;
};

/// Scalars [n][H] and vectors [3 n][H] as features [n][4][H].
std::vector<double> features(const reference::Matrix& s, const reference::Matrix& v);

std::vector<float> rounded(const std::vector<double>& values);

/// `relative` of the largest expected magnitude: errors of dense layers are relative to the sums
/// they add up, not to each result.
Tolerance of_largest(const std::vector<double>& expected, double relative, const std::string& why);

/// A policy with the given shape of per-atom launches.
LaunchPolicy node_policy(unsigned threads, unsigned rows, unsigned blocks);

inline constexpr DenseKind kDenseKinds[] = {DenseKind::fma, DenseKind::tf32, DenseKind::tf32x3};
std::string kind_name(DenseKind kind);

/// The kinds that the program's kernels can run: from PTX for sm_75 there are no tensor cores.
inline bool kind_can_run(DenseKind kind) {
  return dense_kind_runs(kind, FUSEMD_KERNEL_ARCHITECTURE);
}

}  // namespace fusemd::test
