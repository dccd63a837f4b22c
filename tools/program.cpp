// SPDX-License-Identifier: MIT
#include "tools/program.hpp"

#include <csignal>
#include <exception>
#include <new>

#include "host/engine.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/usage_error.hpp"
#include "weights/error.hpp"

namespace fusemd {

int run_program(const std::string& name, const std::function<int()>& body) {
  const auto complain = [&](const std::string& text, ExitCode code) {
    print_note(name + ": " + text + (text.ends_with('\n') ? "" : "\n"));
    return code;
  };
  // A file that may not grow any more (ulimit -f) is an error with words, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
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
    return complain("out of memory\n  hint:     fewer replicas or atoms need less", kNoDevice);
  } catch (const OutputError& error) {
    return complain(error.what(), kCannotWrite);
  } catch (const std::exception& error) {
    return complain(std::string("internal error, please report it: ") + error.what(),
                    kInternalError);
  }
}

}  // namespace fusemd
