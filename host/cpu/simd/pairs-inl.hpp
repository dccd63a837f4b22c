// SPDX-License-Identifier: MIT
// Finds the pairs within the cutoff (model.md (1)) and turns pair gradients into forces ((B11),
// (B12)). Distances are tested in double at every step, so the set of pairs is exact.
#if defined(FUSEMD_PAIRS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_PAIRS_INL_HPP
#undef FUSEMD_PAIRS_INL_HPP
#else
#define FUSEMD_PAIRS_INL_HPP
#endif

#include "host/cpu/compaction_table.hpp"
#include "host/cpu/simd/vector-inl.hpp"
#include "host/cpu/workspace.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

using Doubles = hn::CappedTag<double, 8>;

/// Pairs found but not yet written: differences, squared distance and j (exact in double).
struct PairQueue {
  explicit PairQueue(std::size_t capacity)
      : dx(capacity), dy(capacity), dz(capacity), d2(capacity), j(capacity) {}
  AlignedBuffer<double> dx, dy, dz, d2, j;
  std::size_t count = 0;
};

/// Appends the atoms of [first, last) within the cutoff of atom i.
template <class T>
HWY_INLINE void scan_range(const Workspace<T>& work,
                           std::size_t i,
                           std::size_t first,
                           std::size_t last,
                           double cutoff2,
                           PairQueue& queue) {
  const Doubles d;
  const hn::RebindToSigned<Doubles> d64;
  constexpr std::size_t kWidth = hn::MaxLanes(Doubles());
  const auto xi = hn::Set(d, work.x[i]), yi = hn::Set(d, work.y[i]), zi = hn::Set(d, work.z[i]);
  const auto limit = hn::Set(d, cutoff2);
  std::size_t count = queue.count;
  for (std::size_t j = first; j < last; j += kWidth) {
    const auto dx = hn::Sub(hn::LoadU(d, work.x.data() + j), xi);
    const auto dy = hn::Sub(hn::LoadU(d, work.y.data() + j), yi);
    const auto dz = hn::Sub(hn::LoadU(d, work.z.data() + j), zi);
    const auto d2 = hn::MulAdd(dx, dx, hn::MulAdd(dy, dy, hn::Mul(dz, dz)));
    const auto index = hn::Add(hn::Iota(d, 0.0), hn::Set(d, static_cast<double>(j)));
    const auto in_range = hn::Lt(index, hn::Set(d, static_cast<double>(last)));
    const auto inside = hn::And(hn::Le(d2, limit), in_range);
    alignas(8) std::uint8_t bits[8];
    hn::StoreMaskBits(d, inside, bits);
    const auto front = hn::IndicesFromVec(d, hn::Load(d64, kCompaction.lanes[bits[0]]));
    hn::StoreU(hn::TableLookupLanes(dx, front), d, queue.dx.data() + count);
    hn::StoreU(hn::TableLookupLanes(dy, front), d, queue.dy.data() + count);
    hn::StoreU(hn::TableLookupLanes(dz, front), d, queue.dz.data() + count);
    hn::StoreU(hn::TableLookupLanes(d2, front), d, queue.d2.data() + count);
    hn::StoreU(hn::TableLookupLanes(index, front), d, queue.j.data() + count);
    count += kCompaction.count[bits[0]];
  }
  queue.count = count;
}

/// All partners of atom i behind it in the order.
template <class T>
HWY_INLINE void scan_atom(const Workspace<T>& work,
                          std::size_t i,
                          double cutoff2,
                          PairQueue& queue) {
  if (!work.use_cells) {
    scan_range(work, i, i + 1, work.n_atoms, cutoff2, queue);
    return;
  }
  // The cells behind: the rest of this row up to z + 1; the next row; three rows of the next slab.
  // Rows run along z, so the cells z - 1 .. z + 1 of a row are one range of ranks.
  const CellGrid& grid = work.grid;
  const std::uint32_t cell = grid.cell[i];
  const std::uint32_t cz = cell % grid.nz, cy = cell / grid.nz % grid.ny,
                      slab = cell / grid.nz / grid.ny;
  const std::uint32_t z_low = cz > 0 ? cz - 1 : 0, z_high = HWY_MIN(cz + 1, grid.nz - 1);
  const auto row = [&](std::uint32_t s, std::uint32_t y) { return (s * grid.ny + y) * grid.nz; };
  const std::uint32_t* start = grid.start.data();
  scan_range(work, i, i + 1, start[row(slab, cy) + z_high + 1], cutoff2, queue);
  if (cy + 1 < grid.ny) {
    const std::uint32_t r = row(slab, cy + 1);
    scan_range(work, i, start[r + z_low], start[r + z_high + 1], cutoff2, queue);
  }
  if (slab + 1 < grid.slabs) {
    for (std::uint32_t y = cy > 0 ? cy - 1 : 0; y <= HWY_MIN(cy + 1, grid.ny - 1); ++y) {
      const std::uint32_t r = row(slab + 1, y);
      scan_range(work, i, start[r + z_low], start[r + z_high + 1], cutoff2, queue);
    }
  }
}

/// Converts queued pairs to the records that the message kernels read, from position `at` on.
template <class T>
HWY_INLINE void write_pairs(const PackedModel<T>& model,
                            Workspace<T>& work,
                            PairQueue& queue,
                            std::size_t at) {
  const Doubles d;
  constexpr std::size_t kWidth = hn::MaxLanes(Doubles());
  const hn::Rebind<T, Doubles> dt;
  const hn::Rebind<std::int32_t, Doubles> di;
  const hn::Rebind<std::uint32_t, Doubles> du;
  const auto to_scalar = [&](auto v) {
    if constexpr (sizeof(T) == 8) {
      return v;
    } else {
      return hn::DemoteTo(dt, v);
    }
  };
  const auto one = hn::Set(d, 1.0), epsilon = hn::Set(d, kDistanceEpsilon);
  const auto intervals_per_length =
      hn::Set(d, static_cast<double>(model.n_intervals) / model.cutoff);
  const auto last_interval = hn::Set(di, static_cast<std::int32_t>(model.n_intervals) - 1);
  for (std::size_t k = 0; k < queue.count; k += kWidth) {
    const auto distance = hn::Sqrt(hn::Load(d, queue.d2.data() + k));
    const auto inverse = hn::Div(one, hn::Add(distance, epsilon));
    const auto ux = hn::Mul(hn::Load(d, queue.dx.data() + k), inverse);
    const auto uy = hn::Mul(hn::Load(d, queue.dy.data() + k), inverse);
    const auto uz = hn::Mul(hn::Load(d, queue.dz.data() + k), inverse);
    const auto position = hn::Mul(distance, intervals_per_length);
    const auto interval = hn::Min(hn::DemoteTo(di, position), last_interval);
    const auto t = to_scalar(hn::Sub(position, hn::PromoteTo(d, interval)));
    hn::StoreU(hn::BitCast(du, hn::DemoteTo(di, hn::Load(d, queue.j.data() + k))), du,
               work.pair_j.data() + at + k);
    hn::StoreU(hn::BitCast(du, interval), du, work.pair_interval.data() + at + k);
    hn::StoreU(to_scalar(inverse), dt, work.pair_inverse.data() + at + k);
    hn::StoreInterleaved4(to_scalar(ux), to_scalar(uy), to_scalar(uz), t, dt,
                          work.pair_geometry.data() + 4 * (at + k));
    if (model.table_layout == TableLayout::rows) {
      // Cubic B-spline weights and slopes (filter_table.hpp). The middle ones follow from the sums
      // being 1 and 0, which keeps value and slope consistent to the last bit of the sum.
      const auto one_t = hn::Set(dt, T(1)), half = hn::Set(dt, T(0.5)),
                 sixth = hn::Set(dt, T(1.0 / 6));
      const auto r = hn::Sub(one_t, t), t2 = hn::Mul(t, t), r2 = hn::Mul(r, r);
      const auto b0 = hn::Mul(hn::Mul(r2, r), sixth), b3 = hn::Mul(hn::Mul(t2, t), sixth);
      const auto b1 =
          hn::MulAdd(hn::Mul(t2, half), hn::Sub(t, hn::Set(dt, T(2))), hn::Set(dt, T(2.0 / 3)));
      const auto b2 = hn::Sub(hn::Sub(hn::Sub(one_t, b0), b3), b1);
      const auto s0 = hn::Neg(hn::Mul(r2, half)), s3 = hn::Mul(t2, half);
      const auto s1 = hn::Mul(t, hn::MulSub(hn::Set(dt, T(1.5)), t, hn::Set(dt, T(2))));
      const auto s2 = hn::Neg(hn::Add(hn::Add(s0, s3), s1));
      alignas(64) T values[4 * kWidth], slopes[4 * kWidth];
      hn::StoreInterleaved4(b0, b1, b2, b3, dt, values);
      hn::StoreInterleaved4(s0, s1, s2, s3, dt, slopes);
      T* HWY_RESTRICT weights = work.pair_weights.data() + 8 * (at + k);
      for (std::size_t p = 0; p < kWidth; ++p) {
        for (std::size_t m = 0; m < 4; ++m) {
          weights[8 * p + m] = values[4 * p + m];
          weights[8 * p + 4 + m] = slopes[4 * p + m];
        }
      }
    }
  }
}

/// All pairs of a slab's atoms. Counts on when the slab's memory is full: the caller grows it and
/// repeats.
template <class T>
HWY_NOINLINE void find_pairs(const PackedModel<T>& model,
                             Workspace<T>& work,
                             Slab& slab,
                             PairQueue& queue) {
  constexpr std::size_t kFlush = 256;
  const double cutoff2 = model.cutoff * model.cutoff;
  std::size_t written = 0;
  queue.count = 0;
  const auto flush = [&] {
    if (written + queue.count + kPairSlack <= slab.pair_capacity) {
      write_pairs(model, work, queue, slab.first_pair + written);
    }
    written += queue.count;
    queue.count = 0;
  };
  for (std::size_t i = slab.first_atom; i < slab.last_atom; ++i) {
    work.pair_begin[i] = static_cast<std::uint32_t>(slab.first_pair + written + queue.count);
    scan_atom(work, i, cutoff2, queue);
    work.pair_end[i] = static_cast<std::uint32_t>(slab.first_pair + written + queue.count);
    if (queue.count >= kFlush) flush();
  }
  flush();
  slab.n_pairs = static_cast<std::uint32_t>(written);
}

/// dE/dr of every pair of a slab from dE/du and dE/dd (B12), in place of the first block's
/// gradients. `slope_scale` turns dE/d(table coordinate) into dE/dd.
template <class T>
HWY_NOINLINE void pair_forces(const PackedModel<T>& model,
                              Workspace<T>& work,
                              const Slab& slab,
                              T slope_scale) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const std::size_t block_stride = work.pair_capacity * 4;
  const V epsilon = hn::Set(d, static_cast<T>(kDistanceEpsilon));
  // Coincident atoms have u = 0 and no direction: their force is 0, as PyTorch's gradient of |r| at
  // 0.
  const V coincident = hn::Set(d, static_cast<T>(0.5 / kDistanceEpsilon));
  const std::size_t last = std::size_t{slab.first_pair} + slab.n_pairs;
  for (std::size_t p = slab.first_pair; p < last; p += kLanes<T>) {
    V gx, gy, gz, gd, ux, uy, uz, t;
    T* HWY_RESTRICT gradient = work.pair_gradient.data() + 4 * p;
    hn::LoadInterleaved4(d, gradient, gx, gy, gz, gd);
    for (std::size_t block = 1; block < model.blocks; ++block) {
      V bx, by, bz, bd;
      hn::LoadInterleaved4(d, gradient + block * block_stride, bx, by, bz, bd);
      gx = hn::Add(gx, bx);
      gy = hn::Add(gy, by);
      gz = hn::Add(gz, bz);
      gd = hn::Add(gd, bd);
    }
    hn::LoadInterleaved4(d, work.pair_geometry.data() + 4 * p, ux, uy, uz, t);
    const V inverse = hn::LoadU(d, work.pair_inverse.data() + p);
    const V along = hn::MulAdd(gx, ux, hn::MulAdd(gy, uy, hn::Mul(gz, uz)));
    const V radial = hn::MulSub(gd, hn::Set(d, slope_scale), hn::Mul(along, inverse));
    // r / d = u (d + eps) / d, and (d + eps) / d = 1 + eps / d.
    const V scaled = hn::MulAdd(hn::Mul(radial, inverse), epsilon, radial);
    const auto apart = hn::Lt(inverse, coincident);
    const V rx = hn::IfThenElseZero(apart, hn::MulAdd(gx, inverse, hn::Mul(scaled, ux)));
    const V ry = hn::IfThenElseZero(apart, hn::MulAdd(gy, inverse, hn::Mul(scaled, uy)));
    const V rz = hn::IfThenElseZero(apart, hn::MulAdd(gz, inverse, hn::Mul(scaled, uz)));
    hn::StoreInterleaved4(rx, ry, rz, hn::Zero(d), d, gradient);
  }
}

/// Adds dE/dr to the forces of both atoms: r = x_j - x_i, so i gains it and j loses it.
template <class T>
HWY_NOINLINE void scatter_forces(Workspace<T>& work, const Slab& slab) {
  const hn::CappedTag<T, 4> d;
  using V = hn::Vec<hn::CappedTag<T, 4>>;
  constexpr std::size_t kWidth = hn::MaxLanes(hn::CappedTag<T, 4>());
  const T* HWY_RESTRICT gradient = work.pair_gradient.data();
  T* HWY_RESTRICT forces = work.forces.data();
  for (std::size_t i = slab.first_atom; i < slab.last_atom; ++i) {
    V sum[4 / kWidth];
    for (std::size_t a = 0; a < 4; a += kWidth) sum[a / kWidth] = hn::Load(d, forces + 4 * i + a);
    for (std::size_t p = work.pair_begin[i]; p < work.pair_end[i]; ++p) {
      T* HWY_RESTRICT force_j = forces + 4 * std::size_t{work.pair_j[p]};
      for (std::size_t a = 0; a < 4; a += kWidth) {
        const V g = hn::Load(d, gradient + 4 * p + a);
        hn::Store(hn::Sub(hn::Load(d, force_j + a), g), d, force_j + a);
        sum[a / kWidth] = hn::Add(sum[a / kWidth], g);
      }
    }
    for (std::size_t a = 0; a < 4; a += kWidth) hn::Store(sum[a / kWidth], d, forces + 4 * i + a);
  }
}

/// dE/d(strain) = sum over pairs of dE/dr (x) r.
template <class T>
HWY_INLINE void accumulate_virial(const Workspace<T>& work, const Slab& slab, Virial& virial) {
  for (std::size_t i = slab.first_atom; i < slab.last_atom; ++i) {
    for (std::size_t p = work.pair_begin[i]; p < work.pair_end[i]; ++p) {
      const std::size_t j = work.pair_j[p];
      const double r[3] = {work.x[j] - work.x[i], work.y[j] - work.y[i], work.z[j] - work.z[i]};
      for (std::size_t a = 0; a < 3; ++a) {
        for (std::size_t b = 0; b < 3; ++b) {
          virial[3 * a + b] += r[a] * static_cast<double>(work.pair_gradient[4 * p + b]);
        }
      }
    }
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
