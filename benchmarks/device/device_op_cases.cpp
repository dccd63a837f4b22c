// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

#include "benchmarks/condensed.hpp"
#include "benchmarks/constant_forces.hpp"
#include "benchmarks/device/device_cases.hpp"
#include "benchmarks/device/device_fixture.hpp"
#include "benchmarks/device/download.hpp"
#include "benchmarks/micro/expected_outputs.hpp"
#include "host/cuda/dense_word.hpp"
#include "host/cuda/device_filters.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/device_weights.hpp"
#include "host/md/replica_setup.hpp"
#include "host/model_path.hpp"
#include "kernels/dense.hpp"
#include "kernels/integrate.hpp"
#include "kernels/radial_basis.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

using cuda::DeviceBuffer;

MicroCase named(const BenchedDevice& device,
                const std::string& stage,
                const std::string& shape,
                const std::string& size) {
  MicroCase result;
  result.stage = stage;
  result.shape = shape;
  result.size = size;
  result.set = device.caches;
  result.name = stage + "/" + shape + "/" + size + "/" + device.caches;
  result.stopwatch = device.stopwatch;
  return result;
}

// --- radial basis

struct Expansion {
  StudentParameters parameters;
  std::shared_ptr<const cuda::DeviceModel> model;
  cuda::DeviceFilters filters;
  DeviceFixture fixture;
  DeviceBuffer<float> values, slopes;
  Stream stream;

  Expansion(const BenchedDevice& device,
            const Model& of,
            const Droplet& molecule,
            std::size_t copies)
      : parameters(student_parameters(of)),
        model(std::make_shared<const cuda::DeviceModel>(
            of,
            cuda::ModelOptions{.device = device.number,
                               .compute_capability = device.compute_capability})),
        filters(parameters),
        fixture(model, molecule, copies, device.stopwatch->stream()),
        stream(device.stopwatch->stream()) {
    const std::uint32_t slots = download(fixture.edges().start + fixture.n_atoms(), 1, stream)[0];
    const std::size_t n = std::size_t{slots} * filters.layer(0).basis.n;
    values = DeviceBuffer<float>(n);
    slopes = DeviceBuffer<float>(n);
  }

  void run() {
    radial_basis(filters.layer(0).basis, fixture.n_atoms(), fixture.edges(), values.data(),
                 slopes.data(), model->policy(), stream);
  }
};

/// docs/model.md (2) to (4'), from the distances on the device.
Check check_expansion(Expansion& expansion) {
  expansion.run();
  const std::size_t n = expansion.fixture.n_atoms(), r = expansion.parameters.basis.centers.size();
  const EdgesView edges = expansion.fixture.edges();
  const auto start = download(edges.start, n + 1, expansion.stream);
  const auto count = download(edges.count, n, expansion.stream);
  const auto geometry = download(edges.geometry, std::size_t{4} * start[n], expansion.stream);
  const std::vector<float> values = download(expansion.values, expansion.stream);
  const StudentParameters& p = expansion.parameters;
  const bool cut = p.config.cutoff_applied_to == CutoffAppliedTo::rbf;
  std::vector<double> actual, expected;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t slot = start[i]; slot < start[i] + count[i]; ++slot) {
      const auto d = static_cast<double>(geometry[4 * slot + 3]);
      const double envelope =
          cut ? 0.5 * (std::cos(std::numbers::pi * d / p.config.cutoff) + 1.0) : 1.0;
      for (std::size_t k = 0; k < r; ++k) {
        const double x = d - p.basis.centers[k];
        expected.push_back(std::exp(-p.basis.gammas[k] * x * x) * envelope);
        actual.push_back(static_cast<double>(values[slot * r + k]));
      }
    }
  }
  // The exponent is rounded to float; seen: 1e-6.
  return {.error = deviation(actual, expected),
          .tolerance = 1e-5,
          .against = "the formula in double precision"};
}

MicroCase expansion_case(const BenchedDevice& device,
                         const std::string& name,
                         const DeviceSize& size) {
  const Model model = read_model(find_model(name));
  const Droplet molecule = rattled(benzene_droplet(size.atoms));
  MicroCase result =
      named(device, "radial-basis", name, size_text(molecule.positions.size(), size.copies));
  const double edges =
      2.0 * static_cast<double>(size.copies) * count_pairs(molecule.positions, model.config.cutoff);
  const auto r = static_cast<double>(model.config.num_rbf);
  // Value and slope, 8 bytes and some 25 flops a function; an edge's distance comes with 16 bytes.
  result.work = {.flops = 25.0 * edges * r, .bytes = 0.0, .working_set = edges * (8.0 * r + 16.0)};
  const auto make = [device, model, molecule, copies = size.copies] {
    return std::make_shared<Expansion>(device, model, molecule, copies);
  };
  result.check = [make] { return check_expansion(*make()); };
  result.make = [make] {
    const auto expansion = make();
    return Subject{{}, [expansion](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) expansion->run();
                   }};
  };
  return result;
}

// --- dense layers

struct Product {
  unsigned rows = 0;
  Linear layer;          // no bias
  std::vector<float> x;  // [rows][n_in]
  DeviceBuffer<float> weights, in, out;
  DenseView view;
};

/// Numbers in [-1, 1]. Widths are multiples of kDensePadding, so that nothing is padded.
std::shared_ptr<Product> make_product(std::size_t rows,
                                      std::size_t k,
                                      std::size_t n,
                                      Stream stream) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  auto product = std::make_shared<Product>();
  product->rows = static_cast<unsigned>(rows);
  product->layer = {.n_out = n, .n_in = k, .weight = {}, .bias = {}};
  for (std::size_t i = 0; i < k * n; ++i) {
    product->layer.weight.push_back(static_cast<double>(uniform(random)));
  }
  for (std::size_t i = 0; i < rows * k; ++i) product->x.push_back(uniform(random));
  product->layer.bias.assign(n, 0.0);
  const cuda::PackedDense packed = cuda::pack_dense(product->layer);
  product->weights = cuda::uploaded(packed.weights, stream);
  product->in = cuda::uploaded(product->x, stream);
  product->out = DeviceBuffer<float>(rows * n);
  product->view = {product->weights.data(), nullptr, packed.k, packed.n};
  return product;
}

Check check_product(const BenchedDevice& device, DenseKind kind, Product& product) {
  const Stream stream = device.stopwatch->stream();
  dense(kind, product.view, product.in.span(), product.out.span(), product.rows,
        launch_policy(device.compute_capability), stream);
  const std::vector<float> y = download(product.out, stream);
  const std::size_t k = product.layer.n_in, n = product.layer.n_out;
  std::vector<double> expected;
  for (std::size_t row = 0; row < product.rows; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      double sum = 0.0;
      for (std::size_t i = 0; i < k; ++i) {
        sum += product.layer.weight[column * k + i] * static_cast<double>(product.x[row * k + i]);
      }
      expected.push_back(sum);
    }
  }
  // kernels/dense.hpp: rounded products add up like sqrt(k); TF32's factors have 11 bits.
  return {.error = deviation({y.begin(), y.end()}, expected),
          .tolerance = kind == DenseKind::tf32 ? 2e-3 : 1e-5,
          .against = "the definition in double precision"};
}

MicroCase dense_case(const BenchedDevice& device,
                     DenseKind kind,
                     std::size_t rows,
                     std::size_t k,
                     std::size_t n) {
  MicroCase result = named(device, std::string("dense-") + cuda::dense_word(kind),
                           std::to_string(k) + "x" + std::to_string(n), std::to_string(rows));
  const auto m = static_cast<double>(rows), in = static_cast<double>(k),
             out = static_cast<double>(n);
  result.work = {
      .flops = 2.0 * m * in * out, .bytes = 0.0, .working_set = 4.0 * (m * (in + out) + in * out)};
  const Stream stream = device.stopwatch->stream();
  result.check = [=] { return check_product(device, kind, *make_product(rows, k, n, stream)); };
  result.make = [=] {
    const auto product = make_product(rows, k, n, stream);
    return Subject{{}, [=](std::size_t repeats) {
                     for (std::size_t r = 0; r < repeats; ++r) {
                       dense(kind, product->view, product->in.span(), product->out.span(),
                             product->rows, launch_policy(device.compute_capability), stream);
                     }
                   }};
  };
  return result;
}

// --- integrators

struct Flight {
  SimulationOptions options;
  std::vector<Structure> structures;
  CompositionTable table;
  std::vector<ReplicaState> states;
  std::unique_ptr<cuda::DeviceReplicas> replicas;

  Flight(Ensemble ensemble, std::size_t copies) : structures{benzene_molecule()} {
    options.ensemble = ensemble;
    options.replicas = static_cast<std::int32_t>(copies);
    options.temperature_limit = 1e9;  // the field heats without end
    table = make_compositions(structures, options);
    states = start_states(structures, table, options);
    for (ReplicaState& state : states) {
      state.forces.assign(state.positions.size(), kConstantForce);
      state.has_forces = true;
    }
    reset();
  }

  void reset() {
    replicas = std::make_unique<cuda::DeviceReplicas>(
        table, std::vector<std::size_t>(states.size(), table.of_structure[0]), states);
    const std::vector<double> energies(states.size(), 0.0);
    device::copy_to_device(replicas->energies(), energies.data(), energies.size() * sizeof(double),
                           nullptr);
    device::synchronize(Stream{nullptr});
  }

  void run(std::size_t steps, const LaunchPolicy& policy, Stream stream) const {
    for (std::size_t k = 0; k < steps; ++k) {
      begin_step(replicas->kind(), replicas->view(), policy, stream);
      finish_step(replicas->kind(), replicas->view(), policy, stream);
    }
  }
};

Check check_flight(const BenchedDevice& device, Ensemble ensemble, std::size_t copies) {
  constexpr std::int64_t kSteps = 10;
  Flight flight(ensemble, copies);
  flight.run(kSteps, launch_policy(device.compute_capability), device.stopwatch->stream());
  std::vector<ReplicaState> found = flight.states;
  flight.replicas->get(found, device.stopwatch->stream());
  ConstantForces field;
  std::vector<double> actual, expected;
  for (std::size_t r = 0; r < copies; ++r) {
    ReplicaState& host = flight.states[r];
    advance(host, flight.table.compositions[0].dynamics, field, kSteps);
    for (std::size_t i = 0; i < host.positions.size(); ++i) {
      for (const auto axis : {&Vec3::x, &Vec3::y, &Vec3::z}) {
        actual.push_back(found[r].positions[i].*axis);
        expected.push_back(host.positions[i].*axis);
      }
    }
  }
  return {.error = deviation(actual, expected),
          .tolerance = 1e-11,  // thermostat factors come from sums in another order
          .against = "the integrators of host/md"};
}

MicroCase flight_case(const BenchedDevice& device, Ensemble ensemble, std::size_t copies) {
  MicroCase result = named(device, "step", std::string(ensemble_name(ensemble)),
                           size_text(benzene_molecule().size(), copies));
  const double atoms = 12.0 * static_cast<double>(copies);
  // In double: 27 operations an atom; x, v, F and masses are read, x and v written, all nine kept.
  result.work = {.flops = 2.0 * 27.0 * atoms, .bytes = 0.0, .working_set = 8.0 * 26.0 * atoms};
  result.check = [=] { return check_flight(device, ensemble, copies); };
  result.make = [=] {
    const auto flight = std::make_shared<Flight>(ensemble, copies);
    return Subject{[flight] { flight->reset(); },
                   [=](std::size_t repeats) {
                     flight->run(repeats, launch_policy(device.compute_capability),
                                 device.stopwatch->stream());
                   }};
  };
  return result;
}

}  // namespace

std::vector<DenseKind> dense_kinds(const BenchedDevice& device) {
  std::vector<DenseKind> kinds;
  for (const DenseKind kind : {DenseKind::fma, DenseKind::tf32x3, DenseKind::tf32}) {
    if (dense_kind_runs(kind, device.compute_capability)) kinds.push_back(kind);
  }
  return kinds;
}

std::string size_text(std::size_t atoms, std::size_t copies) {
  return std::to_string(atoms) + "x" + std::to_string(copies);
}

double device_tolerance(DenseKind kind) { return kind == DenseKind::tf32 ? 2e-2 : kStageTolerance; }

std::vector<MicroCase> device_op_cases(const BenchedDevice& device,
                                       const std::vector<std::string>& models,
                                       const std::vector<DeviceSize>& sizes) {
  std::vector<MicroCase> cases;
  std::vector<std::size_t> rows, copies;
  for (const DeviceSize& size : sizes) {
    rows.push_back(size.atoms * size.copies);
    copies.push_back(size.copies);
  }
  for (std::vector<std::size_t>* list : {&rows, &copies}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  for (const std::string& name : models) {
    const Model model = read_model(find_model(name));
    const auto h = static_cast<std::size_t>(model.config.hidden_dim);
    for (const DeviceSize& size : sizes) cases.push_back(expansion_case(device, name, size));
    for (const DenseKind kind : dense_kinds(device)) {
      for (const std::size_t m : rows) {
        cases.push_back(dense_case(device, kind, m, 2 * h, h));
        cases.push_back(dense_case(device, kind, m, h, 2 * h));
      }
    }
  }
  for (const std::size_t n : copies) {
    for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
      cases.push_back(flight_case(device, ensemble, n));
    }
  }
  return cases;
}

}  // namespace fusemd::benchmarks
