// SPDX-License-Identifier: MIT
#pragma once
// Counts of docs/cuda-cost.md that the planner of loops weighs: host/cuda/loop_cost.hpp.
// Written by test/simt/cost/report.py; held against its sources by the test simt_cost_page.

#include <array>

namespace fusemd::cuda {

enum class CountedLoop { block, cooperative, cluster, graph };

/// What a part of the report has and costs. us; bytes; bytes/us.
struct PartCosts {
  double multiprocessors, cycles_per_us, l2_bytes, bytes_per_us;
  double launch, graph_node, grid_barrier, cluster_barrier;
};

/// RTX 3080 Ti, A100, H100.
// clang-format off
inline constexpr std::array<PartCosts, 3> kPartCosts = {{
    {80, 1665, 6.29146e+06, 912000, 1.025, 0.51, 0.643, 0.643},
    {108, 1410, 4.1943e+07, 1.555e+06, 1.503, 0.75, 1.122, 1.122},
    {132, 1980, 5.24288e+07, 3.35e+06, 2.1, 1.3, 1.122, 0.35},
}};
// clang-format on

/// Steps that one launch of a loop of one kernel counts for.
inline constexpr double kStepsOfAnInterval = 100;

/// A step of one replica. Cycles by parts; busy: of one multiprocessor that does everything.
struct LoopCounts {
  CountedLoop loop;
  unsigned n_channels;
  double atoms;
  double nodes;     ///< of a graph
  double meetings;  ///< barriers of a grid or a cluster
  std::array<double, kPartCosts.size()> chain, chain_beyond_l2, busy;
  double fixed_bytes;  ///< that replicas share
  double bytes;        ///< that are its own
  double moved_bytes;
};

// clang-format off
inline constexpr std::array kLoopCounts = {
    LoopCounts{CountedLoop::block, 128, 12, 0, 0, {159636, 160573, 171907}, {203883, 204656, 207074}, {117011, 132411, 117011}, 1.8695e+06, 202816, 357344},
    LoopCounts{CountedLoop::block, 128, 21, 0, 0, {270713, 273578, 291370}, {340956, 343559, 347197}, {254496, 274984, 254496}, 2.69026e+06, 354928, 625352},
    LoopCounts{CountedLoop::block, 128, 96, 0, 0, {1.03677e+06, 1.04896e+06, 1.09862e+06}, {1.2227e+06, 1.23419e+06, 1.24639e+06}, {1.28946e+06, 1.41265e+06, 1.28946e+06}, 2.60538e+06, 1.62253e+06, 2.85875e+06},
    LoopCounts{CountedLoop::block, 64, 12, 0, 0, {43352, 42278, 44887}, {52773, 51665, 52375}, {28373, 32706, 28373}, 362528, 60224, 101088},
    LoopCounts{CountedLoop::block, 64, 21, 0, 0, {74353, 73429, 77942}, {91226, 90239, 91353}, {56067, 67724, 56067}, 616432, 105392, 176904},
    LoopCounts{CountedLoop::block, 64, 96, 0, 0, {268823, 265497, 275695}, {306766, 303299, 305851}, {312884, 362948, 312884}, 682400, 481792, 808704},
    LoopCounts{CountedLoop::block, 32, 12, 0, 0, {29344, 27934, 29649}, {34998, 33566, 34142}, {14008, 14044, 14008}, 124256, 6592, 7520},
    LoopCounts{CountedLoop::block, 32, 21, 0, 0, {52423, 50950, 54291}, {64600, 63081, 63970}, {28360, 31500, 28360}, 272720, 11536, 13160},
    LoopCounts{CountedLoop::block, 32, 96, 0, 0, {176163, 170473, 176862}, {201354, 195570, 196883}, {142205, 168970, 142205}, 487648, 52736, 60160},
    LoopCounts{CountedLoop::cooperative, 128, 12, 0, 6, {126533, 128091, 146530}, {214728, 215957, 216625}, {379640, 379640, 379640}, 0, 2.1297e+06, 2.35629e+06},
    LoopCounts{CountedLoop::cooperative, 128, 21, 0, 6, {163588, 166095, 190146}, {279617, 281691, 282363}, {722876, 722876, 722876}, 0, 3.10547e+06, 3.50419e+06},
    LoopCounts{CountedLoop::cooperative, 128, 96, 0, 6, {214658, 217755, 248782}, {364941, 367477, 368222}, {3.0476e+06, 3.0476e+06, 3.0476e+06}, 0, 4.47802e+06, 6.30749e+06},
    LoopCounts{CountedLoop::cooperative, 64, 12, 0, 4, {55951, 55792, 63519}, {91722, 91430, 91949}, {76655, 76655, 76655}, 0, 459296, 544576},
    LoopCounts{CountedLoop::cooperative, 64, 21, 0, 4, {66705, 66823, 76176}, {110533, 110487, 111009}, {152462, 152462, 152462}, 0, 777664, 929088},
    LoopCounts{CountedLoop::cooperative, 64, 96, 0, 4, {81979, 81736, 92883}, {134247, 133809, 134424}, {675515, 675515, 675515}, 0, 1.31667e+06, 2.01565e+06},
    LoopCounts{CountedLoop::cooperative, 32, 12, 0, 4, {39190, 38591, 43698}, {61922, 61238, 61764}, {35733, 35733, 35733}, 0, 175328, 220672},
    LoopCounts{CountedLoop::cooperative, 32, 21, 0, 4, {44540, 44079, 49993}, {71270, 70709, 71236}, {67144, 67144, 67144}, 0, 337792, 419328},
    LoopCounts{CountedLoop::cooperative, 32, 96, 0, 4, {52771, 51727, 58283}, {82098, 80944, 81591}, {471232, 313516, 313516}, 0, 631680, 1.01117e+06},
    LoopCounts{CountedLoop::cluster, 128, 12, 0, 6, {144326, 146180, 166793}, {242899, 244385, 245137}, {366680, 366680, 366680}, 0, 3.11693e+06, 3.2448e+06},
    LoopCounts{CountedLoop::cluster, 128, 21, 0, 6, {178099, 180720, 205825}, {297493, 299668, 300716}, {569194, 569194, 569194}, 0, 5.52586e+06, 5.75126e+06},
    LoopCounts{CountedLoop::cluster, 64, 12, 0, 4, {70248, 70349, 79908}, {114707, 114643, 115243}, {73325, 73325, 73325}, 0, 832128, 880128},
    LoopCounts{CountedLoop::cluster, 64, 21, 0, 4, {82369, 82740, 93840}, {133738, 133917, 134666}, {123266, 123266, 123266}, 0, 1.69226e+06, 1.77789e+06},
    LoopCounts{CountedLoop::cluster, 32, 12, 0, 4, {53993, 53674, 60706}, {85951, 85513, 86106}, {49080, 49080, 49080}, 0, 363840, 390336},
    LoopCounts{CountedLoop::cluster, 32, 21, 0, 4, {62368, 62235, 70317}, {98965, 98695, 99403}, {80954, 80954, 80954}, 0, 800800, 848800},
    LoopCounts{CountedLoop::graph, 128, 12, 17, 0, {106492, 107645, 117741}, {155615, 156584, 156782}, {106279, 138970, 101549}, 1.89346e+06, 212012, 671868},
    LoopCounts{CountedLoop::graph, 128, 21, 17, 0, {136562, 138518, 153024}, {207483, 209174, 209390}, {239293, 309835, 232012}, 2.69263e+06, 371021, 1.17577e+06},
    LoopCounts{CountedLoop::graph, 128, 504, 17, 0, {206306, 206263, 227285}, {309506, 309078, 309306}, {7.71449e+06, 1.01247e+07, 7.46631e+06}, 3.02858e+06, 8.9045e+06, 2.82185e+07},
    LoopCounts{CountedLoop::graph, 64, 12, 13, 0, {44905, 44492, 48436}, {63942, 63458, 63566}, {31998, 34570, 27268}, 369732, 77628, 209660},
    LoopCounts{CountedLoop::graph, 64, 21, 13, 0, {55089, 54892, 60569}, {82724, 82425, 82533}, {68080, 76310, 60798}, 621495, 135849, 366905},
    LoopCounts{CountedLoop::graph, 64, 504, 13, 0, {89887, 86562, 95520}, {133752, 130263, 130383}, {2.32179e+06, 2.72783e+06, 2.07362e+06}, 886408, 3.26038e+06, 8.80572e+06},
    LoopCounts{CountedLoop::graph, 32, 12, 13, 0, {30002, 29164, 31758}, {42522, 41637, 41709}, {17824, 15578, 13094}, 127756, 41780, 114924},
    LoopCounts{CountedLoop::graph, 32, 21, 13, 0, {35575, 34860, 38470}, {53015, 52235, 52331}, {36514, 35486, 29232}, 255109, 73115, 201117},
    LoopCounts{CountedLoop::graph, 32, 504, 13, 0, {61825, 57709, 63734}, {91192, 86966, 87074}, {1.25749e+06, 1.29862e+06, 1.0095e+06}, 506488, 1.75476e+06, 4.82681e+06},
};
// clang-format on

}  // namespace fusemd::cuda
