// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "host/engine.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"

namespace fusemd {

int devices_command(const std::vector<std::string>& arguments) {
  bool json = false;
  Options options("fusemd devices",
                  "What --device can name here, and why the rest cannot be used.");
  options.flag("json", json, "print JSON");
  options.examples("Example:\n  fusemd devices");
  options.parse(arguments);

  const std::vector<DeviceDescription> devices = describe_devices();
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const DeviceDescription& device : devices) {
      list.push_back(
          {{"name", device.name}, {"usable", device.usable}, {"description", device.description}});
    }
    print_result(list.dump(2) + "\n");
    return kOk;
  }
  for (const DeviceDescription& device : devices) {
    print_result(formatted("%-10s %-4s %s\n", device.name.c_str(), device.usable ? "yes" : "no",
                           wrapped(device.description, 16).c_str()));
  }
  return kOk;
}

}  // namespace fusemd
