// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fusemd {

/// The four switches that select a variant of the student architecture (docs/model.md).
enum class CutoffAppliedTo { rbf, filter };
enum class VectorMixing { matrix, none };
enum class DirectionalMessage { filter, filter_times_source };

/// Hyper-parameters of the student architecture.
struct StudentConfig {
  int hidden_dim = 0;        ///< H, channels
  int num_interactions = 0;  ///< L, message-passing layers
  int num_rbf = 0;           ///< R, radial basis functions
  int max_z = 0;        ///< the embedding has max_z + 1 rows, row = atomic number, row 0 unused
  double cutoff = 0.0;  ///< Angstrom
  CutoffAppliedTo cutoff_applied_to = CutoffAppliedTo::rbf;
  VectorMixing vector_mixing = VectorMixing::matrix;
  DirectionalMessage directional_message = DirectionalMessage::filter;
  double norm_epsilon = 0.0;  ///< no unit (that of the vector features)
};

/// Row-major float32 values; a Linear layer's weight is [out, in].
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// A structure whose energy and forces were computed by the framework that trained the model.
struct ReferenceFrame {
  std::string name;
  std::vector<int> atomic_numbers;  ///< [n_atoms]
  std::vector<double> positions;    ///< [n_atoms][3], Angstrom
  double energy = 0.0;              ///< eV
  std::vector<double> forces;       ///< [n_atoms][3], eV/Angstrom
};

/// What the training data covered; a run warns when it leaves it.
struct TrainingDomain {
  struct ClosestPair {
    int z_a = 0, z_b = 0;   ///< atomic numbers, z_a <= z_b
    double distance = 0.0;  ///< Angstrom
  };
  std::vector<ClosestPair> closest_pairs;
  std::vector<double> temperatures;  ///< K
  std::string note;                  ///< where the figures come from
};

/// A model as its file describes it: hyper-parameters, tensors and their origin. Values only; the
/// engines make their own packed copies.
struct Model {
  std::string name;
  StudentConfig config;
  std::vector<int> elements;                 ///< atomic numbers it was trained on, ascending
  std::map<int, double> reference_energies;  ///< eV by atomic number; absent elements count 0
  std::map<std::string, Tensor> tensors;     ///< names and shapes: student_tensor_shapes()
  std::string provenance = "{}";             ///< a JSON object, kept as text
  TrainingDomain training_domain;
  std::vector<ReferenceFrame> reference_frames;

  /// Values of a tensor that student_tensor_shapes() lists.
  const std::vector<float>& values(const std::string& tensor) const {
    return tensors.at(tensor).values;
  }
};

/// Name -> shape of every tensor that a student model of this configuration has: the parameters and
/// the buffers rbf.centers and rbf.widths. Names are those of the PyTorch checkpoints.
std::map<std::string, std::vector<std::size_t>> student_tensor_shapes(const StudentConfig& config);

/// Rows [begin, end) of a tensor's first axis.
struct TensorRows {
  std::string tensor;
  std::size_t begin = 0, end = 0;
};

/// The parameters that the energy cannot depend on, whatever their values:
///
///   always          the first layer's filter rows [H, 2H): they multiply vector features of zero;
///                   the last layer's update rows [H, 3H) and mixing matrix: nothing reads its
///                   vectors
///   without mixing  also every layer's update rows [2H, 3H) and mixing matrix
///
/// Embedding rows of elements that a model was not trained on do not count: its energy of those
/// elements depends on them.
std::vector<TensorRows> dead_rows(const StudentConfig& config);

/// Number of parameters (buffers not counted), and how many of them are dead (dead_rows()):
///
///   total = (max_z + 1) H + L (8 H^2 + H R + 8 H + 9) + (5/8 H^2 + H + 1)
///   dead  = 3 (H^2 + H) + 9 with mixing, (L + 2) (H^2 + H) + 9 L without
struct ParameterCount {
  std::size_t total = 0;
  std::size_t dead = 0;
};
ParameterCount count_parameters(const StudentConfig& config);

}  // namespace fusemd
