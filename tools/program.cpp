// SPDX-License-Identifier: MIT
#include "tools/program.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>

#include "host/engine.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/usage_error.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

void say_out_of_memory(const std::string& name) {
  // In pieces: there may be no memory for a string.
  print_note(name);
  print_note(": out of memory\n  hint:     fewer replicas or atoms need less\n");
}

std::string program_name;  // for the handler below

/// Memory can run out where an exception cannot get out: in a destructor (nlohmann/json's allocate)
/// or at the start of a thread.
[[noreturn]] void on_terminate() {
  if (const std::exception_ptr error = std::current_exception()) {
    try {
      std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
      say_out_of_memory(program_name);
      std::_Exit(kNoDevice);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a fault of ours, and worth a core dump
    }
  }
  std::abort();
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& body) {
  const auto complain = [&](const std::string& text, ExitCode code) {
    print_note(name + ": " + text + (text.ends_with('\n') ? "" : "\n"));
    return code;
  };
  // A file that may not grow any more (ulimit -f) is an error with words, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  program_name = name;
  std::set_terminate(on_terminate);
  try {
    int code = kOk;
    try {
      code = body();
    } catch (const HelpRequested& help) {
      print_result(help.text);
    }
    flush_results();
    return code;
  } catch (const UsageError& error) {
    return complain(error.what(), kUsage);
  } catch (const InputError& error) {
    return complain(error.what(), kBadInput);
  } catch (const DeviceError& error) {
    return complain(error.what(), kNoDevice);
  } catch (const std::bad_alloc&) {
    say_out_of_memory(name);
    return kNoDevice;
  } catch (const OutputError& error) {
    return complain(error.what(), kCannotWrite);
  } catch (const std::exception& error) {
    return complain(std::string("internal error, please report it: ") + error.what(),
                    kInternalError);
  }
}

}  // namespace fusemd
