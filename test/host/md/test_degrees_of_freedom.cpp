// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <vector>

#include "host/md/degrees_of_freedom.hpp"
#include "host/units.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

/// Turns about z by a, then about x by b: nothing stays along an axis.
std::vector<Vec3> turned(std::vector<Vec3> positions, double a = 0.7, double b = 1.9) {
  for (Vec3& r : positions) {
    r = {std::cos(a) * r.x - std::sin(a) * r.y, std::sin(a) * r.x + std::cos(a) * r.y, r.z};
    r = {r.x, std::cos(b) * r.y - std::sin(b) * r.z, std::sin(b) * r.y + std::cos(b) * r.z};
    r += Vec3{12.0, -7.0, 3.0};
  }
  return positions;
}

const std::vector<double> kCo2Masses = {15.999, 12.011, 15.999};

std::vector<Vec3> co2(double bend_degrees) {
  const double half = 0.5 * bend_degrees * 3.14159265358979323846 / 180.0;
  const Vec3 arm{1.16 * std::cos(half), 1.16 * std::sin(half), 0.0};
  return {arm, {}, {-arm.x, arm.y, 0.0}};
}

}  // namespace

TEST_CASE("shapes are found by the inertia tensor, however the molecule lies") {
  const std::vector<double> hydrogens{1.008, 1.008};
  REQUIRE(shape_of(std::vector<Vec3>{{1, 2, 3}}, std::vector{4.0}) == Shape::atom);
  REQUIRE(shape_of(turned({{0, 0, 0}, {0.74, 0, 0}}), hydrogens) == Shape::linear);
  REQUIRE(shape_of(turned(co2(0.0)), kCo2Masses) == Shape::linear);
  REQUIRE(shape_of(turned(co2(0.3)), kCo2Masses) == Shape::linear);  // a residue of relaxing
  REQUIRE(shape_of(turned(co2(2.0)), kCo2Masses) == Shape::bent);
  REQUIRE(shape_of(turned(co2(75.5)), kCo2Masses) == Shape::bent);
  // Planar with a three-fold axis, and a spherical top: degenerate moments are no trouble.
  REQUIRE(shape_of(turned({{1, 0, 0}, {-0.5, 0.866, 0}, {-0.5, -0.866, 0}}),
                   std::vector{1.0, 1.0, 1.0}) == Shape::bent);
  REQUIRE(shape_of(turned({{1, 1, 1}, {-1, -1, 1}, {-1, 1, -1}, {1, -1, -1}}),
                   std::vector{1.0, 1.0, 1.0, 1.0}) == Shape::bent);
}

TEST_CASE("principal moments of CO2-like and water-like molecules follow the closed forms") {
  const auto moments = principal_axes(turned(co2(0.0)), kCo2Masses).moments;
  const double expected = 2.0 * 15.999 * 1.16 * 1.16;  // 2 m r^2, the centre is the carbon atom
  const Tolerance rounding{.absolute = 1e-10, .relative = 1e-12, .why = "rounding at 12 Angstrom"};
  require_close(moments[0], 0.0, rounding);
  require_close(moments[1], expected, rounding);
  require_close(moments[2], expected, rounding);

  // A planar molecule's largest moment is the sum of the other two (perpendicular axis theorem).
  const auto planar = principal_axes(turned(co2(75.5)), kCo2Masses).moments;
  require_close(planar[0] + planar[1], planar[2], rounding);
  // The axes are orthonormal.
  const auto axes = principal_axes(turned(co2(75.5)), kCo2Masses).axes;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      require_close(dot(axes[a], axes[b]), a == b ? 1.0 : 0.0,
                    {.absolute = 1e-14, .why = "rounding of some rotations"});
    }
  }
}

TEST_CASE("degrees of freedom: atom, diatomic, linear and bent in each ensemble") {
  for (const Ensemble conserving : {Ensemble::nve, Ensemble::csvr}) {
    REQUIRE(degrees_of_freedom(conserving, Shape::atom, 1) == 0);
    REQUIRE(degrees_of_freedom(conserving, Shape::linear, 2) == 1);
    REQUIRE(degrees_of_freedom(conserving, Shape::linear, 3) == 4);
    REQUIRE(degrees_of_freedom(conserving, Shape::bent, 3) == 3);
    REQUIRE(degrees_of_freedom(conserving, Shape::bent, 12) == 30);
  }
  REQUIRE(degrees_of_freedom(Ensemble::langevin, Shape::atom, 1) == 3);
  REQUIRE(degrees_of_freedom(Ensemble::langevin, Shape::linear, 2) == 6);
  REQUIRE(degrees_of_freedom(Ensemble::langevin, Shape::linear, 3) == 9);
  REQUIRE(degrees_of_freedom(Ensemble::langevin, Shape::bent, 12) == 36);

  REQUIRE(temperature_of(1.0, 0) == 0.0);
  // 3/2 k_B T at 300 K is 0.038778 eV.
  require_close(temperature_of(1.5 * 8.617333262e-5 * 300.0, 3), 300.0,
                {.relative = 1e-9, .why = "digits of the constant written here"});
}

TEST_CASE("rigid motion is taken out, and nothing else") {
  const std::vector<Vec3> bent = turned(co2(75.5)), linear = turned(co2(0.0));
  for (const std::vector<Vec3>& positions : {bent, linear}) {
    const Vec3 centre = centre_of_mass(positions, kCo2Masses);
    // Rigid motion alone vanishes entirely.
    std::vector<Vec3> velocities;
    const Vec3 omega{0.01, -0.02, 0.03}, drift{0.1, 0.2, -0.3};
    for (const Vec3& r : positions) velocities.push_back(drift + cross(omega, r - centre));
    remove_rigid_motion(positions, kCo2Masses, velocities);
    REQUIRE(max_difference(velocities, std::vector<Vec3>(3)) < 1e-14);  // of 0.4: rounding

    // The symmetric stretch carries none and stays.
    std::vector<Vec3> stretch{
        0.01 * (positions[0] - positions[1]), {}, 0.01 * (positions[2] - positions[1])};
    const Vec3 p = momentum(stretch, kCo2Masses);
    for (Vec3& v : stretch) v -= (1.0 / (2 * 15.999 + 12.011)) * p;
    std::vector<Vec3> kept = stretch;
    remove_rigid_motion(positions, kCo2Masses, kept);
    REQUIRE(max_difference(kept, stretch) < 1e-15);
  }
}
