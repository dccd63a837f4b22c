// SPDX-License-Identifier: MIT
#include "host/cuda/cuda_potential.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/batch_network.hpp"
#include "host/cuda/owned_stream.hpp"
#include "host/cuda/pinned_buffer.hpp"
#include "host/element_check.hpp"
#include "kernels/devices.hpp"

namespace fusemd::cuda {
namespace {

class CudaEvaluator final : public Evaluator {
 public:
  CudaEvaluator(std::shared_ptr<const DeviceModel> model, std::span<const int> atomic_numbers)
      : network_(std::move(model),
                 std::array{std::vector<int>(atomic_numbers.begin(), atomic_numbers.end())}),
        n_(atomic_numbers.size()),
        vectors_(3 * n_),
        energy_(1) {}

  double compute(std::span<const Vec3> positions, std::span<Vec3> forces, Virial* virial) override {
    if (!std::ranges::all_of(positions, is_finite)) return not_finite(forces, virial);
    device::use_device(network_.model().device());  // of this thread, which may be a new one
    for (std::size_t i = 0; i < n_; ++i) {
      vectors_[i] = positions[i].x;
      vectors_[n_ + i] = positions[i].y;
      vectors_[2 * n_ + i] = positions[i].z;
    }
    device::copy_to_device(network_.positions(), vectors_.data(), vectors_.bytes(), stream_);
    do {
      network_.evaluate(stream_, virial != nullptr);
    } while (!network_.edges_had_room(stream_));

    device::copy_to_host(vectors_.data(), network_.forces(), vectors_.bytes(), stream_);
    device::copy_to_host(energy_.data(), network_.energies(), energy_.bytes(), stream_);
    if (virial != nullptr) read_virial(*virial);
    device::synchronize(stream_);
    for (std::size_t i = 0; i < n_; ++i) {
      forces[i] = {vectors_[i], vectors_[n_ + i], vectors_[2 * n_ + i]};
    }
    return energy_[0];
  }

 private:
  /// The sum over atoms, in their order.
  void read_virial(Virial& virial) {
    if (virials_.size() == 0) virials_ = PinnedBuffer<double>(9 * n_);
    device::copy_to_host(virials_.data(), network_.virials(), virials_.bytes(), stream_);
    device::synchronize(stream_);
    virial = {};
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t k = 0; k < 9; ++k) virial[k] += virials_[9 * i + k];
    }
  }

  BatchNetwork network_;
  std::size_t n_;
  OwnedStream stream_;
  PinnedBuffer<double> vectors_;  ///< [3][n]: positions going, forces coming
  PinnedBuffer<double> energy_;
  PinnedBuffer<double> virials_;  ///< [n][9], once a virial was asked for
};

std::string dense_name(DenseKind kind) {
  switch (kind) {
    case DenseKind::fma:
      return "single precision";
    case DenseKind::tf32:
      return "TF32 tensor cores";
    case DenseKind::tf32x3:
      return "three-fold TF32 tensor cores";
  }
  return {};
}

class CudaPotential final : public Potential {
 public:
  CudaPotential(const Model& model, std::shared_ptr<const DeviceModel> on_device)
      : name_(model.name), elements_(model.elements), model_(std::move(on_device)) {}

  std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                            const std::optional<Cell>& cell) const override {
    require_trained_elements(atomic_numbers, elements_, name_);
    require_not_periodic(cell);
    return std::make_unique<CudaEvaluator>(model_, atomic_numbers);
  }

  std::string description() const override {
    const std::string filters =
        model_->exact_filters()
            ? "exact filters"
            : "filter tables of " + std::to_string(model_->table_intervals()) + " intervals";
    return "cuda: " + dense_name(model_->dense()) + ", " + filters;
  }

 private:
  std::string name_;
  std::vector<int> elements_;
  std::shared_ptr<const DeviceModel> model_;
};

}  // namespace

std::unique_ptr<Potential> make_potential(const Model& model, const ModelOptions& options) {
  return make_potential(model, std::make_shared<const DeviceModel>(model, options));
}

std::unique_ptr<Potential> make_potential(const Model& model,
                                          std::shared_ptr<const DeviceModel> on_device) {
  return std::make_unique<CudaPotential>(model, std::move(on_device));
}

}  // namespace fusemd::cuda
