// SPDX-License-Identifier: MIT
// The cases of test_cooperative_loop.cpp with a cluster for every team: a program of its own, so
// that cut barriers have to be noticed with clusters, too.
#define FUSEMD_TEST_CLUSTERS
#include "test/simt/engine/test_cooperative_loop.cpp"
