// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>

#include "benchmarks/commands.hpp"
#include "benchmarks/machine.hpp"
#include "benchmarks/report/measure_report.hpp"
#include "benchmarks/report/report_file.hpp"
#include "benchmarks/report/sections.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/chart.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/output_folder.hpp"

extern char** environ;

namespace fusemd::benchmarks {
namespace {

/// Whether rsvg-convert is there and made `png` of `svg`, at twice the size.
bool rendered(const std::string& svg, const std::string& png) {
  std::vector<std::string> words = {"rsvg-convert", "--zoom", "2", "--output", png, svg};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    return false;
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void write_formats(const std::string& folder, const std::vector<ReportSection>& sections) {
  const auto write = [&](const std::string& name, const std::string& text) {
    write_file_atomically(folder + "/" + name, text);
  };
  write("report.txt", as_text(sections));
  write("report.md", as_markdown(sections));
  write("report.html", as_html(sections));
  bool pictures = true;
  for (const ReportSection& section : sections) {
    for (const ReportFigure& figure : section.figures) {
      const std::string path = folder + "/" + figure.file;
      write(figure.file + ".svg", svg(figure.chart));
      pictures = pictures && rendered(path + ".svg", path + ".png");
    }
  }
  if (!pictures) {
    print_note(
        "note: no PNG files: rsvg-convert (Debian's librsvg2-bin) is missing or failed; the SVG "
        "files and report.html have the figures\n");
  }
}

}  // namespace

int report_command(const std::vector<std::string>& arguments) {
  std::string folder, from, peers_path;
  std::vector<std::string> accuracy_paths(3);
  std::int64_t threads = static_cast<std::int64_t>(available_processors());
  bool quick = false;
  Options options("fusemd-bench report",
                  "Measures latency, molecular dynamics, memory, batches and scaling of every "
                  "shipped model and writes report.json, .txt, .md, .html and the figures.");
  options.letter('o');
  options.text("output", folder, "DIR", "where the report goes; made if it is missing");
  options.integer("threads", threads, {1, 1024}, "of the many-thread figures");
  options.flag("quick", quick, "a rehearsal of some seconds; its figures say little");
  options.text("from", from, "FILE", "write the report of an earlier report.json instead");
  options.text("peers", peers_path, "FILE", "other programs, from benchmarks/peers/run.py");
  options.text("accuracy", accuracy_paths[0], "FILE", "of one model, from fusemd validate");
  options.text("accuracy-2", accuracy_paths[1], "FILE", "of another");
  options.text("accuracy-3", accuracy_paths[2], "FILE", "of another");
  options.examples(
      "Examples:\n"
      "  fusemd-bench report -o report\n"
      "  fusemd-bench report -o report --from report/report.json --peers peers.json");
  options.parse(arguments);
  options.require("output", folder, "-o report");

  std::vector<AccuracyRow> accuracy;
  for (const std::string& path : accuracy_paths) {
    if (!path.empty()) accuracy.push_back(read_accuracy(path));
  }
  PeersReport peers;
  if (!peers_path.empty()) peers = read_peers(peers_path);
  make_output_folder(folder);
  MeasuredReport report;
  if (!from.empty()) {
    report = read_report(from);
  } else {
    ReportPlan plan;
    plan.folder = folder;
    plan.threads = static_cast<std::size_t>(threads);
    if (quick) {
      plan.seconds = 0.1;
      plan.picoseconds = 1.0;
      plan.most_replicas = 64;
      plan.most_atoms = 500;
    }
    plan.stage = [](const std::string& stage) { print_note("measuring " + stage + "\n"); };
    report = measure_report(plan);
    report.setting.quick = quick;
    report.setting.command = "fusemd-bench report";
    for (const std::string& argument : arguments) report.setting.command += " " + argument;
    write_file_atomically(folder + "/report.json", report_json(report));
  }
  const std::vector<ReportSection> all =
      sections(report, peers_path.empty() ? nullptr : &peers, accuracy);
  write_formats(folder, all);
  print_result(as_text({all.front()}) + "\n" + folder + "/report.html has the rest\n");
  return kOk;
}

}  // namespace fusemd::benchmarks
