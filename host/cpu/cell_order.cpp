// SPDX-License-Identifier: MIT
#include "host/cpu/cell_order.hpp"

#include <algorithm>
#include <array>

namespace fusemd::cpu {
namespace {

using Coordinates = std::array<double, 3>;

Coordinates coordinates(const Vec3& r) { return {r.x, r.y, r.z}; }

/// How many cells along each axis: as many as fit, each a little wider than the cutoff so that
/// rounding cannot put two atoms within the cutoff two cells apart, but never many more cells than
/// atoms.
std::array<std::uint32_t, 3> cell_counts(const Coordinates& extent, double cutoff, std::size_t n) {
  constexpr double kMost = 1024;
  std::array<std::uint32_t, 3> counts{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double fit = extent[a] / (cutoff * (1.0 + 1e-9));
    counts[a] = static_cast<std::uint32_t>(std::clamp(fit, 1.0, kMost));
  }
  while (std::size_t{counts[0]} * counts[1] * counts[2] > 4 * n + 64) {
    std::uint32_t& largest = *std::max_element(counts.begin(), counts.end());
    largest = (largest + 1) / 2;
  }
  return counts;
}

}  // namespace

template <class T>
void sort_into_cells(std::span<const Vec3> positions, double cutoff, Workspace<T>& work) {
  const std::size_t n = positions.size();
  Coordinates low = coordinates(positions[0]), high = low;
  for (const Vec3& r : positions) {
    const Coordinates p = coordinates(r);
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], p[a]);
      high[a] = std::max(high[a], p[a]);
    }
  }
  const Coordinates extent = {high[0] - low[0], high[1] - low[1], high[2] - low[2]};
  const auto counts = cell_counts(extent, cutoff, n);
  const auto longest =
      static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const std::array<std::size_t, 3> axis = {longest, (longest + 1) % 3, (longest + 2) % 3};
  CellGrid& grid = work.grid;
  grid.slabs = counts[axis[0]];
  grid.ny = counts[axis[1]];
  grid.nz = counts[axis[2]];

  Coordinates scale{};
  for (std::size_t a = 0; a < 3; ++a) {
    scale[a] = extent[a] > 0.0 ? static_cast<double>(counts[a]) / extent[a] : 0.0;
  }
  const auto cell_of = [&](const Vec3& r) {
    const Coordinates p = coordinates(r);
    std::array<std::uint32_t, 3> c{};
    for (std::size_t k = 0; k < 3; ++k) {
      const std::size_t a = axis[k];
      c[k] = std::min(static_cast<std::uint32_t>((p[a] - low[a]) * scale[a]), counts[a] - 1);
    }
    return (c[0] * grid.ny + c[1]) * grid.nz + c[2];
  };

  // Counting sort. `order` first holds each atom's cell by index; atoms are visited in index order,
  // so that is their order inside a cell.
  const std::size_t n_cells = std::size_t{grid.slabs} * grid.ny * grid.nz;
  grid.start.ensure(n_cells + 2);
  grid.cell.ensure(2 * n + 1);
  std::uint32_t* start = grid.start.data();
  std::uint32_t* cell_by_index = grid.cell.data() + n;
  std::fill(start, start + n_cells + 2, 0u);
  for (std::size_t i = 0; i < n; ++i) {
    cell_by_index[i] = cell_of(positions[i]);
    ++start[cell_by_index[i] + 2];
  }
  for (std::size_t c = 2; c < n_cells + 2; ++c) start[c] += start[c - 1];
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t rank = start[cell_by_index[i] + 1]++;
    work.order[rank] = static_cast<std::uint32_t>(i);
    grid.cell[rank] = cell_by_index[i];
    work.x[rank] = positions[i].x;
    work.y[rank] = positions[i].y;
    work.z[rank] = positions[i].z;
  }

  work.slabs.resize(grid.slabs);
  const std::size_t per_slab = std::size_t{grid.ny} * grid.nz;
  for (std::size_t s = 0; s < grid.slabs; ++s) {
    work.slabs[s].first_atom = start[s * per_slab];
    work.slabs[s].last_atom = start[(s + 1) * per_slab];
  }
}

template void sort_into_cells(std::span<const Vec3>, double, Workspace<float>&);
template void sort_into_cells(std::span<const Vec3>, double, Workspace<double>&);

}  // namespace fusemd::cpu
