// SPDX-License-Identifier: MIT
#include "host/relax/minimiser.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "host/larger.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kCorrections = 10;
constexpr double kEnoughDescent = 1e-4;  // Armijo's constant
constexpr int kHalvings = 20;

double dot(std::span<const Vec3> a, std::span<const Vec3> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += fusemd::dot(a[i], b[i]);
  return sum;
}

double largest(std::span<const Vec3> vectors) {
  double size = 0.0;
  for (const Vec3& v : vectors) size = larger_or_nan(size, norm(v));
  return size;
}

struct Correction {
  std::vector<Vec3> step, gradient_change;
  double curvature = 0.0;  // their product, > 0
};

/// The two-loop recursion: the estimate of inverse Hessian times force.
std::vector<Vec3> direction(const std::vector<Vec3>& forces,
                            const std::deque<Correction>& corrections) {
  std::vector<Vec3> result = forces;
  std::vector<double> alphas(corrections.size());
  for (std::size_t k = corrections.size(); k-- > 0;) {
    const Correction& c = corrections[k];
    alphas[k] = dot(c.step, result) / c.curvature;
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] -= alphas[k] * c.gradient_change[i];
    }
  }
  // Without memory: a stiff bond's inverse curvature, Angstrom^2/eV.
  double scale = 0.02;
  if (!corrections.empty()) {
    const Correction& last = corrections.back();
    scale = last.curvature / dot(last.gradient_change, last.gradient_change);
  }
  for (Vec3& v : result) v *= scale;
  for (std::size_t k = 0; k < corrections.size(); ++k) {
    const Correction& c = corrections[k];
    const double beta = dot(c.gradient_change, result) / c.curvature;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += (alphas[k] - beta) * c.step[i];
  }
  return result;
}

/// A position with its energy and forces.
struct Point {
  std::vector<Vec3> positions, forces;
  double energy = 0.0;
};

/// The first point along `way`, full length first, that lowers the energy enough; false if there is
/// none.
bool descend(Evaluator& evaluator, const Point& here, const std::vector<Vec3>& way, Point& there) {
  const double slope = dot(way, here.forces);
  if (!(slope > 0.0)) return false;
  double length = 1.0;
  for (int k = 0; k <= kHalvings; ++k, length *= 0.5) {
    for (std::size_t i = 0; i < way.size(); ++i) {
      there.positions[i] = here.positions[i] + length * way[i];
    }
    there.energy = evaluator.compute(there.positions, there.forces);
    if (there.energy <= here.energy - kEnoughDescent * length * slope &&
        std::isfinite(largest(there.forces))) {
      return true;
    }
  }
  return false;
}

void remember(std::deque<Correction>& corrections, const Point& before, const Point& after) {
  Correction c;
  for (std::size_t i = 0; i < after.positions.size(); ++i) {
    c.step.push_back(after.positions[i] - before.positions[i]);
    c.gradient_change.push_back(before.forces[i] - after.forces[i]);
  }
  c.curvature = dot(c.step, c.gradient_change);
  const double sizes = std::sqrt(dot(c.step, c.step) * dot(c.gradient_change, c.gradient_change));
  if (!(c.curvature > 1e-10 * sizes)) return;  // not convex here: no use for it
  corrections.push_back(std::move(c));
  if (corrections.size() > kCorrections) corrections.pop_front();
}

}  // namespace

RelaxResult relax(Evaluator& evaluator, std::vector<Vec3>& positions, const RelaxOptions& options) {
  Point here{.positions = positions, .forces = std::vector<Vec3>(positions.size())};
  here.energy = evaluator.compute(here.positions, here.forces);
  Point there = here;
  std::deque<Correction> corrections;
  RelaxResult result;
  for (;; ++result.steps) {
    result.largest_force = largest(here.forces);
    if (!std::isfinite(here.energy) || !std::isfinite(result.largest_force)) {
      result.end = RelaxEnd::diverged;
      break;
    }
    if (result.largest_force <= options.force_limit) {
      result.end = RelaxEnd::converged;
      break;
    }
    if (result.steps == options.steps) break;
    if (options.stop != nullptr && *options.stop) {
      result.end = RelaxEnd::stopped;
      break;
    }
    std::vector<Vec3> way = direction(here.forces, corrections);
    const double longest = largest(way);
    if (longest > options.longest_step) {
      for (Vec3& v : way) v *= options.longest_step / longest;
    }
    if (!descend(evaluator, here, way, there)) {
      if (corrections.empty()) {
        result.end = RelaxEnd::stalled;
        break;
      }
      corrections.clear();
      --result.steps;  // the loop counts it again
      continue;
    }
    remember(corrections, here, there);
    std::swap(here, there);
    if (options.progress) {
      options.progress(result.steps + 1, here.energy, largest(here.forces));
    }
  }
  result.energy = here.energy;
  result.forces = here.forces;
  positions = here.positions;
  return result;
}

}  // namespace fusemd
