// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "benchmarks/report/companions.hpp"
#include "benchmarks/report/measured.hpp"
#include "benchmarks/report/sections.hpp"

namespace fusemd::benchmarks {

/// Parameters against steps/s, with the force error in the legend where it is known.
ReportFigure size_speed_figure(const MeasuredReport& report,
                               const std::vector<AccuracyRow>& accuracy);

/// Conserved energy of a run of each model, steps/s and ns/day in the legend.
ReportFigure dynamics_figure(const MeasuredReport& report);

/// Structures a second against batch size.
ReportFigure batch_figure(const MeasuredReport& report);

/// Time of an evaluation against the number of atoms.
ReportFigure scaling_figure(const MeasuredReport& report);

}  // namespace fusemd::benchmarks
