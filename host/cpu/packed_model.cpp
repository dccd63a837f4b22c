// SPDX-License-Identifier: MIT
#include "host/cpu/packed_model.hpp"

#include <algorithm>
#include <string>

#include "host/filter_table.hpp"

namespace fusemd::cpu {
namespace {

/// Below this many channels tables are monomials (fewer operations), above it B-spline rows (a
/// quarter of the memory). Measured with 0 and 999 here, `fusemd-bench md` and `... sizes`,
/// Zen 4, rows against monomials. MD of benzene, steps/s per GF/s: original (128 channels) 64 / 60,
/// tiny (64) 310 / 300, ultra_tiny (32) 800 / 800 with AVX-512; 58 / 54, 274 / 270, 690 / 715 with
/// AVX2. Droplets of 504 and 5,004 atoms, ns a pair, AVX-512: tiny 319 / 301 and 430 / 405,
/// ultra_tiny 158 / 130 and 216 / 176. So 128 channels want rows, 32 monomials; 64 lose 3 % on a
/// molecule and gain 6 % on a droplet with monomials.
constexpr std::size_t kMonomialsBelow = 96;

std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// A logical matrix in double precision, assembled before it is packed.
struct DenseMatrix {
  std::size_t k, n;
  std::vector<double> values;  // [k][n]
  DenseMatrix(std::size_t rows, std::size_t columns)
      : k(rows), n(columns), values(rows * columns, 0.0) {}
  double& at(std::size_t row, std::size_t column) { return values[row * n + column]; }
  double at(std::size_t row, std::size_t column) const { return values[row * n + column]; }
};

DenseMatrix transpose(const DenseMatrix& matrix) {
  DenseMatrix result(matrix.n, matrix.k);
  for (std::size_t r = 0; r < matrix.k; ++r) {
    for (std::size_t c = 0; c < matrix.n; ++c) result.at(c, r) = matrix.at(r, c);
  }
  return result;
}

template <class T>
PackedMatrix<T> pack(const DenseMatrix& matrix,
                     std::size_t panel_width,
                     const std::vector<double>* bias = nullptr) {
  PackedMatrix<T> packed;
  packed.k = matrix.k;
  packed.n = round_up(matrix.n, kColumnPadding);
  packed.values.ensure(packed.k * packed.n);
  packed.bias.ensure(packed.n);
  packed.has_bias = bias != nullptr;
  T* out = packed.values.data();
  for (std::size_t column = 0; column < packed.n; column += panel_width) {
    const std::size_t width = std::min(panel_width, packed.n - column);
    for (std::size_t row = 0; row < packed.k; ++row) {
      for (std::size_t c = column; c < column + width; ++c) {
        *out++ = c < matrix.n ? static_cast<T>(matrix.at(row, c)) : T(0);
      }
    }
  }
  if (bias != nullptr) {
    for (std::size_t c = 0; c < matrix.n; ++c) packed.bias[c] = static_cast<T>((*bias)[c]);
  }
  return packed;
}

/// Reads checkpoint tensors as [out][in] and copies pieces of them, transposed, to padded
/// positions.
class Assembler {
 public:
  explicit Assembler(const Model& model) : model_(model) {}

  /// target[in_row + i][out_column + o] = W[out_begin + o][in_begin + i].
  void copy(const std::string& name,
            std::size_t out_begin,
            std::size_t n_out,
            std::size_t in_begin,
            std::size_t n_in,
            DenseMatrix& target,
            std::size_t in_row,
            std::size_t out_column) const {
    const Tensor& tensor = model_.tensors.at(name);
    const std::size_t width = tensor.shape.at(1);
    for (std::size_t o = 0; o < n_out; ++o) {
      for (std::size_t i = 0; i < n_in; ++i) {
        target.at(in_row + i, out_column + o) =
            static_cast<double>(tensor.values[(out_begin + o) * width + in_begin + i]);
      }
    }
  }

  double value(const std::string& name, std::size_t index) const {
    return static_cast<double>(model_.tensors.at(name).values.at(index));
  }

 private:
  const Model& model_;
};

template <class T>
void fill_table(const Model& model,
                std::size_t layer,
                const PackedModel<T>& packed,
                AlignedBuffer<T>& table) {
  const auto h = static_cast<std::size_t>(model.config.hidden_dim);
  const std::size_t n = packed.n_intervals, curves = 3 * h;
  const CubicBSpline spline = filter_spline(model, static_cast<int>(layer), n);

  table.ensure(packed.table_block_stride * packed.blocks);
  const double* c = spline.coefficients.data();
  for (std::size_t block = 0; block < packed.blocks; ++block) {
    T* out = table.data() + block * packed.table_block_stride;
    const std::size_t lanes = std::min(kBlock, h - std::min(h, block * kBlock));
    for (std::size_t filter = 0; filter < 3; ++filter) {
      const std::size_t curve = filter * h + block * kBlock;
      if (packed.table_layout == TableLayout::rows) {
        for (std::size_t k = 0; k < n + 3; ++k) {
          for (std::size_t q = 0; q < lanes; ++q) {
            out[(k * 3 + filter) * kBlock + q] = static_cast<T>(c[k * curves + curve + q]);
          }
        }
        continue;
      }
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t q = 0; q < lanes; ++q) {
          const auto b = [&](std::size_t m) { return c[(k + m) * curves + curve + q]; };
          T* monomial = out + (k * 3 + filter) * 4 * kBlock + q;
          monomial[0] = static_cast<T>((b(0) + 4.0 * b(1) + b(2)) / 6.0);
          monomial[kBlock] = static_cast<T>((b(2) - b(0)) / 2.0);
          monomial[2 * kBlock] = static_cast<T>((b(0) - 2.0 * b(1) + b(2)) / 2.0);
          monomial[3 * kBlock] = static_cast<T>((b(3) - 3.0 * b(2) + 3.0 * b(1) - b(0)) / 6.0);
        }
      }
    }
  }
}

template <class T>
PackedFilterNetwork<T> pack_filter_network(const Assembler& from,
                                           const std::string& prefix,
                                           std::size_t h,
                                           std::size_t hidden,
                                           std::size_t n_rbf,
                                           std::size_t panel_width) {
  const std::string first = prefix + "message.rbf_to_scalar.0.";
  const std::string second = prefix + "message.rbf_to_scalar.2.";
  DenseMatrix w1(n_rbf, hidden), w2(hidden, 3 * hidden);
  std::vector<double> c1(hidden, 0.0), c2(3 * hidden, 0.0);
  from.copy(first + "weight", 0, h, 0, n_rbf, w1, 0, 0);
  for (std::size_t q = 0; q < h; ++q) c1[q] = from.value(first + "bias", q);
  for (std::size_t filter = 0; filter < 3; ++filter) {
    from.copy(second + "weight", filter * h, h, 0, h, w2, 0, filter * hidden);
    for (std::size_t q = 0; q < h; ++q) {
      c2[filter * hidden + q] = from.value(second + "bias", filter * h + q);
    }
  }
  PackedFilterNetwork<T> network{pack<T>(w1, panel_width, &c1), pack<T>(w2, panel_width, &c2)};
  network.first.has_bias = network.second.has_bias = false;
  return network;
}

template <class T>
void pack_head(const Model& model,
               const Assembler& from,
               std::size_t panel_width,
               PackedModel<T>& out) {
  const auto h = static_cast<std::size_t>(model.config.hidden_dim);
  const std::size_t half = h / 2, quarter = h / 4, hidden = out.hidden;
  const std::string update =
      "interactions." + std::to_string(out.n_layers - 1) + ".update.update_mlp.2.";

  DenseMatrix a1(hidden, half), u2(hidden, h);
  from.copy("energy_head.0.weight", 0, half, 0, h, a1, 0, 0);
  from.copy(update + "weight", 0, h, 0, h, u2, 0, 0);
  DenseMatrix folded(2 * hidden, half);
  std::vector<double> bias(half);
  for (std::size_t o = 0; o < half; ++o) {
    bias[o] = from.value("energy_head.0.bias", o);
    for (std::size_t c = 0; c < h; ++c) {
      const double a = a1.at(c, o);
      folded.at(c, o) = a;
      bias[o] += a * from.value(update + "bias", c);
      for (std::size_t k = 0; k < h; ++k) folded.at(hidden + k, o) += a * u2.at(k, c);
    }
  }
  out.head_1 = pack<T>(folded, panel_width, &bias);
  out.head_1_transposed = pack<T>(transpose(folded), panel_width);

  DenseMatrix a2(half, quarter);
  std::vector<double> bias_2(quarter);
  from.copy("energy_head.2.weight", 0, quarter, 0, half, a2, 0, 0);
  for (std::size_t o = 0; o < quarter; ++o) bias_2[o] = from.value("energy_head.2.bias", o);
  out.head_2 = pack<T>(a2, panel_width, &bias_2);
  out.head_2_transposed = pack<T>(transpose(a2), panel_width);
  out.head_3.ensure(out.head_2.n);
  for (std::size_t o = 0; o < quarter; ++o) {
    out.head_3[o] = static_cast<T>(from.value("energy_head.4.weight", o));
  }
  out.head_3_bias = from.value("energy_head.4.bias", 0);
}

template <class T>
void pack_update(const Model& model,
                 const Assembler& from,
                 std::size_t layer,
                 std::size_t panel_width,
                 const PackedModel<T>& dims,
                 PackedLayer<T>& out) {
  const auto h = static_cast<std::size_t>(model.config.hidden_dim);
  const std::size_t hidden = dims.hidden;
  const std::string prefix = "interactions." + std::to_string(layer) + ".update.";
  DenseMatrix u1(2 * hidden, hidden);
  std::vector<double> e1(hidden, 0.0);
  from.copy(prefix + "update_mlp.0.weight", 0, h, h, h, u1, 0, 0);       // norms
  from.copy(prefix + "update_mlp.0.weight", 0, h, 0, h, u1, hidden, 0);  // scalars
  for (std::size_t q = 0; q < h; ++q) e1[q] = from.value(prefix + "update_mlp.0.bias", q);
  out.update_in = pack<T>(u1, panel_width, &e1);
  out.update_in_transposed = pack<T>(transpose(u1), panel_width);
  if (layer + 1 == dims.n_layers) return;  // folded into the head

  DenseMatrix u2(hidden, dims.gates * hidden);
  std::vector<double> e2(dims.gates * hidden, 0.0);
  for (std::size_t gate = 0; gate < dims.gates; ++gate) {
    from.copy(prefix + "update_mlp.2.weight", gate * h, h, 0, h, u2, 0, gate * hidden);
    for (std::size_t q = 0; q < h; ++q) {
      e2[gate * hidden + q] = from.value(prefix + "update_mlp.2.bias", gate * h + q);
    }
  }
  out.update_out = pack<T>(u2, panel_width, &e2);
  out.update_out_transposed = pack<T>(transpose(u2), panel_width);
  for (std::size_t k = 0; k < 9; ++k) {
    out.mixing[k] = static_cast<T>(from.value(prefix + "mixing_matrix", k));
  }
}

}  // namespace

template <class T>
PackedModel<T> pack_model(const Model& model, const PackingOptions& options) {
  const StudentConfig& config = model.config;
  const auto h = static_cast<std::size_t>(config.hidden_dim);
  PackedModel<T> packed;
  packed.config = config;
  packed.hidden = round_up(h, kBlock);
  packed.blocks = packed.hidden / kBlock;
  packed.n_layers = static_cast<std::size_t>(config.num_interactions);
  packed.mixing = config.vector_mixing == VectorMixing::matrix;
  packed.gates = packed.mixing ? 3 : 2;
  packed.source = config.directional_message == DirectionalMessage::filter_times_source;
  packed.tabulated = options.tabulated;
  packed.n_intervals = options.n_intervals;
  packed.cutoff = config.cutoff;
  packed.table_layout =
      packed.hidden < kMonomialsBelow ? TableLayout::monomials : TableLayout::rows;
  packed.table_block_stride = packed.table_layout == TableLayout::rows
                                  ? (packed.n_intervals + 3) * 3 * kBlock
                                  : packed.n_intervals * 3 * 4 * kBlock;

  const Assembler from(model);
  packed.n_rbf = static_cast<std::size_t>(config.num_rbf);
  packed.basis = radial_basis(model);

  const std::size_t rows = static_cast<std::size_t>(config.max_z) + 1;
  packed.embedding.ensure(rows * packed.hidden);
  for (std::size_t z = 0; z < rows; ++z) {
    for (std::size_t c = 0; c < h; ++c) {
      packed.embedding[z * packed.hidden + c] =
          static_cast<T>(from.value("embedding.weight", z * h + c));
    }
  }
  packed.reference_energies.assign(rows, 0.0);
  for (const auto& [z, energy] : model.reference_energies) {
    packed.reference_energies.at(static_cast<std::size_t>(z)) = energy;
  }

  packed.layers.resize(packed.n_layers);
  for (std::size_t layer = 0; layer < packed.n_layers; ++layer) {
    PackedLayer<T>& out = packed.layers[layer];
    pack_update(model, from, layer, options.panel_width, packed, out);
    if (options.tabulated) {
      fill_table(model, layer, packed, out.table);
    } else {
      out.filter_network =
          pack_filter_network<T>(from, "interactions." + std::to_string(layer) + ".", h,
                                 packed.hidden, packed.n_rbf, options.panel_width);
    }
  }
  pack_head(model, from, options.panel_width, packed);
  return packed;
}

template PackedModel<float> pack_model<float>(const Model&, const PackingOptions&);
template PackedModel<double> pack_model<double>(const Model&, const PackingOptions&);

}  // namespace fusemd::cpu
