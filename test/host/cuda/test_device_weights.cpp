// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstddef>
#include <vector>

#include "host/cuda/device_model.hpp"
#include "host/cuda/device_weights.hpp"
#include "host/filter_table.hpp"
#include "kernels/device_error.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/tiny_model.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

template <class T>
std::vector<T> download(const T* values, std::size_t count) {
  std::vector<T> result(count);
  device::copy_to_host(result.data(), values, count * sizeof(T), nullptr);
  device::synchronize(Stream{});
  return result;
}

/// Every float that the kernels can reach through the view.
std::vector<float> everything(const StudentWeights& w) {
  std::vector<float> all = download(w.embedding, std::size_t{w.n_elements} * w.n_channels);
  const auto append = [&all](const float* values, std::size_t count) {
    const std::vector<float> part = download(values, count);
    all.insert(all.end(), part.begin(), part.end());
  };
  const auto append_layer = [&append](const DenseView& layer) {
    append(layer.weights, std::size_t{layer.k} * layer.n);
    if (layer.bias != nullptr) append(layer.bias, layer.n);
  };
  for (unsigned l = 0; l + 1 < w.n_layers; ++l) {
    for (const DenseView* layer :
         {&w.update[l].in, &w.update[l].in_back, &w.update[l].out, &w.update[l].out_back}) {
      append_layer(*layer);
    }
    if (w.gates == 3) all.insert(all.end(), w.update[l].mixing, w.update[l].mixing + 9);
  }
  for (const DenseView* layer :
       {&w.readout.in, &w.readout.in_back, &w.readout.head_1, &w.readout.head_1_back,
        &w.readout.head_2, &w.readout.head_2_back}) {
    append_layer(*layer);
  }
  append(w.readout.head_3, w.readout.head_2.n);
  return all;
}

double apply(const Linear& layer, std::size_t o, const std::vector<double>& x) {
  double sum = layer.bias[o];
  for (std::size_t i = 0; i < layer.n_in; ++i) sum += layer.weight[o * layer.n_in + i] * x[i];
  return sum;
}

}  // namespace

TEST_CASE("a packed layer has four k of a column side by side, zeros as padding") {
  const Linear layer{3, 5, {}, {0.5, -1.5, 2.5}};
  Linear filled = layer;
  for (std::size_t i = 0; i < 15; ++i) filled.weight.push_back(static_cast<double>(i) + 1.0);
  const cuda::PackedDense packed = cuda::pack_dense(filled);
  REQUIRE(packed.k == 16);
  REQUIRE(packed.n == 16);
  REQUIRE(packed.weights.size() == 256);
  REQUIRE(packed.bias.size() == 16);
  for (std::size_t k = 0; k < 16; ++k) {
    for (std::size_t n = 0; n < 16; ++n) {
      const float expected = k < 5 && n < 3 ? static_cast<float>(n * 5 + k + 1) : 0.0f;
      CHECK(packed.weights[(k / 4 * 16 + n) * 4 + k % 4] == expected);
    }
  }
  for (std::size_t n = 0; n < 16; ++n) {
    CHECK(packed.bias[n] == (n < 3 ? static_cast<float>(filled.bias[n]) : 0.0f));
  }
  const cuda::PackedDense back = cuda::pack_transposed(filled);
  CHECK(back.bias.empty());
  for (std::size_t k = 0; k < 16; ++k) {
    for (std::size_t n = 0; n < 16; ++n) {
      CHECK(back.weights[(k / 4 * 16 + n) * 4 + k % 4] ==
            packed.weights[(n / 4 * 16 + k) * 4 + n % 4]);
    }
  }
}

TEST_CASE("the folded head is the last alpha gate followed by the head's first layer") {
  const StudentParameters p = student_parameters(make_model(seed_switches(12, 2, 4), 5));
  const Linear folded = cuda::folded_head(p);
  Random random(8);
  std::vector<double> s(12), activated(12), joined, after_update(12);
  for (double& x : s) x = random.uniform(-2.0, 2.0);
  for (double& x : activated) x = random.uniform(-2.0, 2.0);
  joined = s;
  joined.insert(joined.end(), activated.begin(), activated.end());
  for (std::size_t c = 0; c < 12; ++c) {
    after_update[c] = s[c] + apply(p.updates.back().output, c, activated);
  }
  for (std::size_t o = 0; o < folded.n_out; ++o) {
    require_close(apply(folded, o, joined), apply(p.readout.first, o, after_update),
                  {.absolute = 1e-13, .why = "two sums of some dozen terms in double"});
  }
}

TEST_CASE("device weights have the model's shape and constants") {
  const Model model = make_model(seed_switches(20, 3, 4), 6);
  const cuda::DeviceWeights weights(student_parameters(model));
  const StudentWeights& view = weights.view();
  CHECK(view.n_channels == 20);
  CHECK(view.n_layers == 3);
  CHECK(view.n_elements == 11);
  CHECK(view.gates == 3);
  CHECK(view.norm_epsilon == 0.0f);
  CHECK(view.update[1].in.k == 48);
  CHECK(view.update[1].in.n == 32);
  CHECK(view.update[1].out.n == 64);
  CHECK(view.update[1].out_back.k == 64);
  CHECK(view.update[2].in.weights == nullptr);
  CHECK(view.readout.head_1.k == 48);
  CHECK(view.readout.head_1.n == 16);
  CHECK(view.readout.head_2_back.k == 16);
  CHECK(view.update[0].mixing[5] == model.values("interactions.0.update.mixing_matrix")[5]);
  CHECK(download(view.embedding, 220) == model.values("embedding.weight"));
  const std::vector<double> offsets = download(view.readout.energy_offset, 11);
  const double bias = static_cast<double>(model.values("energy_head.4.bias")[0]);
  for (std::size_t z = 0; z < 11; ++z) {
    const auto own = model.reference_energies.find(static_cast<int>(z));
    CHECK(offsets[z] == bias + (own == model.reference_energies.end() ? 0.0 : own->second));
  }
  // The mixing matrices of two layers are in the view and not in device memory.
  CHECK(weights.bytes() == (everything(view).size() - 18) * sizeof(float) + 11 * sizeof(double));
}

TEST_CASE("parameters that cannot matter are not in device memory") {
  for (const StudentConfig& config : all_switches(seed_switches(8, 3, 4))) {
    INFO(switches_text(config));
    Model model = make_model(config, 7);
    const cuda::DeviceWeights before(student_parameters(model));
    randomise_dead_parameters(model, 9);
    const cuda::DeviceWeights after(student_parameters(model));
    CHECK(everything(before.view()) == everything(after.view()));
  }
}

TEST_CASE("filter tables are the splines of the other engines, rounded") {
  const Model model = make_model(shipped_switches(8, 2, 5), 8);
  const cuda::DeviceModel device(model, {.table_intervals = 64});
  for (unsigned l = 0; l < 2; ++l) {
    const CubicBSpline spline = filter_spline(model, static_cast<int>(l), 64);
    const FilterTable table = device.filter_table(l);
    CHECK(table.n_intervals == 64);
    CHECK(table.intervals_per_length == 12.8f);
    const std::vector<float> actual = download(table.coefficients, 67 * 24);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      REQUIRE(actual[i] == static_cast<float>(spline.coefficients[i]));
    }
  }
}

TEST_CASE("too little device memory is an error that leaks nothing") {
  const Model model = make_model(shipped_switches(32, 2, 5), 8);
  const StudentParameters parameters = student_parameters(model);
  unsigned failures = 0;
  for (bool done = false; !done; ++failures) {
    executor::fail_allocation(failures + 1);
    try {
      const cuda::DeviceWeights weights(parameters);
      done = true;
    } catch (const DeviceError& error) {
      CHECK(error.problem() == DeviceProblem::out_of_memory);
    }
    REQUIRE(executor::live_allocations() == 0);
    REQUIRE(failures < 100);
  }
  executor::fail_allocation(0);
  CHECK(failures > 16);  // one a matrix at least
}
