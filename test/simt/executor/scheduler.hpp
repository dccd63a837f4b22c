// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "test/simt/executor/runtime.hpp"

namespace fusemd::executor {

/// Seeds the order in which threads and blocks run. Once a launch.
void seed_schedule();

/// A number below `bound` from the schedule's generator; for the order of blocks.
[[nodiscard]] std::uint64_t draw(std::uint64_t bound);

/// Makes a fiber ready to enter the kernel.
void start_fiber(Fiber& fiber);

/// Runs until no fiber is ready, or one has failed.
void run_ready_fibers();

/// Forgets every fiber that was ready (after a failure).
void drop_ready_fibers();

/// Whether a fiber has ended the launch since seed_schedule(). Appends its finding, if it left one.
[[nodiscard]] bool take_failure(std::vector<Finding>& findings);

/// A barrier was passed, an atomic written, a thread ended: spinning threads may see something new.
void note_progress();

/// Parks the running thread until wake() makes it ready.
void park(Waiting reason);
void wake(Fiber& fiber);

/// The running thread has ended: completes the block barrier that waits for nobody else, and fails
/// if a warp collective names it (collectives.cpp).
void complete_waits_after_exit(Block& block);

/// Puts the running thread at the end of the ready ones and runs another.
void yield();

}  // namespace fusemd::executor
