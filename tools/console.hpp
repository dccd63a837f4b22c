// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace fusemd {

/// Results: standard output.
///
/// Errors   OutputError if it does not take them (a full disk, a closed pipe).
void print_result(std::string_view text);

/// Writes out what standard output still buffers; OutputError as above.
void flush_results();

/// Everything else: standard error.
void print_note(std::string_view text);

/// Whether standard error is a terminal.
bool notes_go_to_a_terminal();

}  // namespace fusemd
