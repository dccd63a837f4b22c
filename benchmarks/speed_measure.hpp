// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "host/cpu/cpu_potential.hpp"
#include "weights/model.hpp"

namespace fusemd::benchmarks {

/// Flops of one evaluation that the result depends on, with tables and the shipped switches: dense
/// layers (L-1) 8 H^2 + 6.25 H^2 multiply-adds an atom forward and backward; a pair and channel 65
/// flops in the first layer (no f^1, no input adjoint) and 127 in the others.
double live_flops(const StudentConfig& config, double atoms, double pairs);

/// MD of benzene on one thread, a table row: windows of 20 ms of MD and
/// 1 ms of peak alternate; the best window and the median of the windows' ratios are printed.
void measure_steps(const std::string& model, const cpu::Options& options, double seconds);

/// Energy and forces of droplets of benzene or water, from 12 to 5,000 atoms: time a pair, against
/// that at 500 atoms. The sizes take turns, so that the machine's moods hit all alike.
void measure_sizes(const std::string& model,
                   const std::string& liquid,
                   const cpu::Options& options,
                   double seconds);

}  // namespace fusemd::benchmarks
