// SPDX-License-Identifier: MIT
#pragma once
// The fragment layout of mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32: which element of
// D[16][8] = A[16][8] B[8][8] + C[16][8] register r of lane l holds. The only copy of this table:
// kernels load fragments by it, and the executor and the PTX translator multiply by it.
//
// Source   PTX ISA 9.1, 9.7.14.5.7, figures 72, 75 and 77. With group = l / 4, member = l % 4:
//   A  4 registers   row group + 8 (r & 1),    column member + 4 (r >> 1)
//   B  2 registers   row member + 4 r,         column group
//   C and D  4       row group + 8 (r >> 1),   column 2 member + (r & 1)

#include "kernels/platform.hpp"

namespace fusemd::simt {

struct MatrixElement {
  unsigned row;
  unsigned column;
};

inline constexpr unsigned kMmaRows = 16;    ///< of A, C and D
inline constexpr unsigned kMmaColumns = 8;  ///< of B, C and D
inline constexpr unsigned kMmaDepth = 8;    ///< columns of A, rows of B

FUSEMD_HD constexpr MatrixElement mma_element_a(unsigned lane, unsigned r) {
  return {lane / 4 + 8 * (r & 1), lane % 4 + 4 * (r >> 1)};
}
FUSEMD_HD constexpr MatrixElement mma_element_b(unsigned lane, unsigned r) {
  return {lane % 4 + 4 * r, lane / 4};
}
FUSEMD_HD constexpr MatrixElement mma_element_c(unsigned lane, unsigned r) {
  return {lane / 4 + 8 * (r >> 1), 2 * (lane % 4) + (r & 1)};
}

}  // namespace fusemd::simt
