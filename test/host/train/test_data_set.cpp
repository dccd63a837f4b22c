// SPDX-License-Identifier: MIT
// Training data that would spoil a model: each kind with the words that a user gets.
#include <algorithm>
#include <functional>
#include <set>

#include "host/train/data_set.hpp"
#include "host/train/new_model.hpp"
#include "host/train/preparation.hpp"
#include "test/host/train/labelled.hpp"
#include "test/support/close.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

using Frames = std::vector<Structure>;

/// The message of the refusal; empty if there was none.
std::string refusal(const train::PreparationOptions& options) {
  try {
    train::prepare_training(options);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

train::PreparationOptions options_for(const std::string& path) {
  train::PreparationOptions options;
  options.data = path;
  options.config = train::config_of_size("ultra_tiny");
  return options;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

void replace_first(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  text.replace(at, from.size(), to);
}

/// The n-th line (from 1) becomes `line`.
void set_line(std::string& text, std::size_t number, const std::string& line) {
  std::size_t begin = 0;
  for (std::size_t k = 1; k < number; ++k) begin = text.find('\n', begin) + 1;
  text.replace(begin, text.find('\n', begin) - begin, line);
}

void scale(Frames& frames, double energy, double force) {
  for (Structure& frame : frames) {
    *frame.energy *= energy;
    for (Vec3& f : *frame.forces) f *= force;
  }
}

/// A slow walk with energies that match the forces, as trajectories have them.
Frames trajectory() {
  Frames frames = labelled_frames(1, 8);
  for (std::size_t k = 1; k < 60; ++k) {
    Structure next = frames.back();
    for (std::size_t i = 0; i < next.size(); ++i) {
      next.positions[i] += {0.002 * static_cast<double>((7 * k + 3 * i) % 5) - 0.004, 0.0,
                            0.003 * (k % 20 < 10 ? 1.0 : -1.0) * static_cast<double>(i)};
    }
    frames.push_back(next);
  }
  train::label_frames(shipped_model("ultra_tiny"), frames);
  return frames;
}

struct BadFile {
  std::string name;
  std::function<void(Frames&)> change_frames;
  std::function<void(std::string&)> change_text;
  std::vector<std::string> words;  ///< that the message must have
};

std::vector<BadFile> bad_files() {
  const std::function<void(Frames&)> as_is;
  std::vector<BadFile> files;
  const auto frames = [&](const std::string& name, std::function<void(Frames&)> change,
                          std::vector<std::string> words) {
    files.push_back({name, std::move(change), {}, std::move(words)});
  };
  const auto text = [&](const std::string& name, std::function<void(std::string&)> change,
                        std::vector<std::string> words) {
    files.push_back({name, {}, std::move(change), std::move(words)});
  };
  // Labels.
  text("no energy anywhere", [](auto& t) { replace_all(t, "energy=", "note="); },
       {"frame 1", "no energy", "--teacher"});
  text("no energy in one frame",
       [](auto& t) { set_line(t, 2 + 5 * 3, "Properties=species:S:1:pos:R:3:forces:R:3"); },
       {"frame 4", "no energy"});
  text("free energy only", [](auto& t) { replace_all(t, "energy=", "free_energy="); },
       {"no energy"});
  text("no forces", [](auto& t) { replace_all(t, ":forces:R:3", ":junk:R:3"); },
       {"frame 1", "no forces", "forces:R:3"});
  text("energy is a word", [](auto& t) { replace_first(t, "energy=", "energy=low#"); },
       {":2", "energy", "not a number"});
  text("energy is nan",
       [](auto& t) { set_line(t, 2, "Properties=species:S:1:pos:R:3:forces:R:3 energy=nan"); },
       {":2", "energy"});
  text("energy is infinite",
       [](auto& t) { set_line(t, 2, "Properties=species:S:1:pos:R:3:forces:R:3 energy=inf"); },
       {":2", "energy"});
  text("energy twice", [](auto& t) { replace_first(t, "energy=", "energy=1.0 energy="); },
       {":2", "twice"});
  text("a force is nan", [](auto& t) { set_line(t, 3, "O 0 0 0.12 nan 0 0"); },
       {":3", "forces", "finite"});
  text("a force is infinite", [](auto& t) { set_line(t, 3, "O 0 0 0.12 0 inf 0"); },
       {":3", "finite"});
  text("a force is a word", [](auto& t) { set_line(t, 3, "O 0 0 0.12 x 0 0"); },
       {":3", "not a number"});
  text("a force component is missing", [](auto& t) { set_line(t, 3, "O 0 0 0.12 0.5 0"); },
       {":3", "words"});
  text("a column too many", [](auto& t) { set_line(t, 3, "O 0 0 0.12 0 0 0 1"); }, {":3", "words"});
  text("forces of two numbers", [](auto& t) { replace_first(t, "forces:R:3", "forces:R:2"); },
       {":2", "forces"});
  // Units.
  frames("forces in kcal/mol", [](auto& f) { scale(f, 1.0, 23.06); },
         {"kcal/mol/Angstrom", "--force-unit"});
  frames("forces in kJ/mol", [](auto& f) { scale(f, 1.0, 96.5); }, {"forces"});
  frames("forces in hartree/bohr", [](auto& f) { scale(f, 1.0, 0.01945); },
         {"hartree/bohr", "--force-unit hartree/bohr"});
  frames("energies in hartree",
         [](auto& f) {
           f = trajectory();
           scale(f, 1.0 / 27.2114, 1.0);
         },
         {"energies look like hartree", "--energy-unit hartree"});
  frames("energies in kcal/mol",
         [](auto& f) {
           f = trajectory();
           scale(f, 23.06, 1.0);
         },
         {"energies look like kcal/mol", "--energy-unit kcal/mol"});
  frames("energies in kJ/mol",
         [](auto& f) {
           f = trajectory();
           scale(f, 96.485, 1.0);
         },
         {"energies look like kJ/mol"});
  frames("positions in nanometres",
         [](auto& f) {
           for (auto& s : f)
             for (auto& r : s.positions) r *= 0.1;
         },
         {"frame 1", "nanometre"});
  frames("positions in bohr, far apart",
         [](auto& f) {
           for (auto& s : f)
             for (auto& r : s.positions) r *= 10.0;
         },
         {"more than half", "Angstrom"});
  // Structures.
  text("periodic",
       [](auto& t) {
         replace_first(t, "energy=", "Lattice=\"9 0 0 0 9 0 0 0 9\" pbc=\"T T T\" energy=");
       },
       {"frame 1", "periodic"});
  text("periodic along z only",
       [](auto& t) {
         replace_first(t, "energy=", "Lattice=\"9 0 0 0 9 0 0 0 9\" pbc=\"F F T\" energy=");
       },
       {"frame 1", "periodic"});
  text("charged", [](auto& t) { replace_first(t, "energy=", "charge=1 energy="); },
       {":2", "charged"});
  text("an anion in the middle",
       [](auto& t) {
         set_line(t, 2 + 5 * 2,
                  "Properties=species:S:1:pos:R:3:forces:R:3 total_charge=-1 energy=-3");
       },
       {":12", "charged"});
  text("a triplet", [](auto& t) { replace_first(t, "energy=", "multiplicity=3 energy="); },
       {":2", "open-shell"});
  frames("atoms on top of each other", [](auto& f) { f[2].positions[1] = f[2].positions[0]; },
         {"frame 3"});
  frames("scattered atoms",
         [](auto& f) {
           for (auto& s : f) s.positions[0].x += 50.0;
         },
         {"more than half", "cutoff"});
  text("unknown element", [](auto& t) { set_line(t, 3, "Xx 0 0 0.12 0 0 0"); }, {":3", "element"});
  frames("a rare element",
         [](auto& f) {
           f.resize(60, f[0]);
           f[5].atomic_numbers[0] = 16;
         },
         {"too few frames", "S in 1 frame"});
  frames("the same frame, another energy",
         [](auto& f) {
           f[4] = f[3];
           *f[4].energy += 1.0;
         },
         {"frame 5", "same atoms", "frame 4", "two methods"});
  frames("most forces beyond the limit",
         [](auto& f) {
           for (auto& s : f) (*s.forces)[0].x = 80.0;
         },
         {"more than half", "50 eV/Angstrom", "--force-limit"});
  // Amounts.
  frames("a handful of frames", [](auto& f) { f.resize(8); },
         {"too few frames", "8 frames", "--valid"});
  // Files.
  text("empty", [](auto& t) { t.clear(); }, {"empty"});
  text("cut off", [](auto& t) { t.resize(t.size() - 40); }, {"words"});
  text("cut off between atoms", [](auto& t) { t.resize(t.rfind('\n', t.size() - 2) + 1); },
       {"ends inside frame"});
  text("not a number of atoms", [](auto& t) { set_line(t, 1, "three"); },
       {":1", "number of atoms"});
  text("too few atoms announced", [](auto& t) { set_line(t, 1, "2"); }, {":5"});
  text("binary", [](auto& t) { t[10] = '\0'; }, {"binary"});
  text("properties twice",
       [](auto& t) {
         replace_first(t, "Properties=", "Properties=species:S:1:pos:R:3 Properties=");
       },
       {":2", "twice"});
  return files;
}

}  // namespace

TEST_CASE("each bad data file is refused in its own words") {
  const TemporaryFolder folder;
  const std::vector<BadFile> files = bad_files();
  std::size_t refused = 0;
  for (const BadFile& file : files) {
    INFO(file.name);
    Frames frames = labelled_frames(60, 1);
    if (file.change_frames) file.change_frames(frames);
    std::string text = training_text(frames);
    if (file.change_text) file.change_text(text);
    const std::string path = folder.file("data.xyz");
    write_file(path, text);
    const std::string message = refusal(options_for(path));
    INFO(message);
    ++refused;
    REQUIRE_FALSE(message.empty());
    REQUIRE(message.find("data.xyz") != message.npos);
    for (const std::string& word : file.words) REQUIRE(message.find(word) != message.npos);
  }
  REQUIRE(refused >= 40);
}

TEST_CASE("good data is divided by trajectories and described") {
  const TemporaryFolder folder;
  const std::string path = folder.file("data.xyz");
  const Frames frames = labelled_frames(90, 1);
  write_file(path, training_text(frames));
  const train::Preparation data = train::prepare_training(options_for(path));
  REQUIRE(data.train.size() + data.valid.size() == 90);
  REQUIRE(data.valid.size() == 10);
  REQUIRE(data.split == "10 frames of 90 set aside for validation: 1 of 9 trajectories");
  std::set<std::string> in_training;
  for (const Structure& frame : data.train) in_training.insert(frame.group);
  for (const Structure& frame : data.valid) REQUIRE(in_training.count(frame.group) == 0);
  REQUIRE(data.start.elements == std::vector<int>{1, 6, 8});
  REQUIRE(data.hash == train::prepare_training(options_for(path)).hash);

  // The closest pair of each kind, found by another loop.
  double closest = 1e9;
  for (const Structure& frame : data.train) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      for (std::size_t j = 0; j < frame.size(); ++j) {
        if (frame.atomic_numbers[i] != 1 || frame.atomic_numbers[j] != 8) continue;
        closest = std::min(closest, norm(frame.positions[i] - frame.positions[j]));
      }
    }
  }
  bool found = false;
  for (const auto& pair : data.start.training_domain.closest_pairs) {
    if (pair.z_a != 1 || pair.z_b != 8) continue;
    found = true;
    REQUIRE(pair.distance == closest);
  }
  REQUIRE(found);
}

TEST_CASE("frames without trajectories are divided in blocks, never one by one") {
  Frames frames = labelled_frames(100, 1);
  for (Structure& frame : frames) frame.group.clear();
  const train::Split split = train::set_aside(frames, 4, "data.xyz");
  REQUIRE(split.valid.size() == 10);
  std::size_t edges = 0;
  for (std::size_t k = 0; k + 1 < split.valid.size(); ++k) {
    edges += split.valid[k + 1] != split.valid[k] + 1;
  }
  REQUIRE(edges <= 1);
  REQUIRE(split.description.find("2 of 20 blocks") != std::string::npos);
}

TEST_CASE("duplicates, outliers and scattered frames are kept out, listed and counted") {
  const TemporaryFolder folder;
  const std::string path = folder.file("data.xyz");
  Frames frames = labelled_frames(60, 1);
  frames[10] = frames[0];
  frames[11] = frames[0];
  (*frames[20].forces)[0].y = -70.0;
  frames[30].positions[2].z += 30.0;
  write_file(path, training_text(frames));
  const train::DataSet data = train::read_data(path, {});
  REQUIRE(data.read == 60);
  REQUIRE(data.frames.size() == 56);
  REQUIRE(data.duplicates == 2);
  REQUIRE(data.outliers == 1);
  REQUIRE(data.scattered == 1);
  REQUIRE(data.notes.size() == 3);
  REQUIRE(data.notes[0].find("2 duplicates") != std::string::npos);
  REQUIRE(data.notes[1].find("frame 21 (70") != std::string::npos);
  REQUIRE(data.notes[2].find("frame 31 (atom 3)") != std::string::npos);
}

TEST_CASE("units convert") {
  const TemporaryFolder folder;
  const std::string path = folder.file("data.xyz");
  Frames frames = labelled_frames(40, 1);
  const double energy = *frames[0].energy;
  const Vec3 force = (*frames[0].forces)[0];
  scale(frames, 1.0 / 27.211386245988, 0.529177210903 / 27.211386245988);
  write_file(path, training_text(frames));
  const train::DataSet data =
      train::read_data(path, {.energy_unit = "hartree", .force_unit = "hartree/bohr"});
  require_close(*data.frames[0].energy, energy, {0.0, 1e-12, "rounding"});
  require_close(norm((*data.frames[0].forces)[0] - force), 0.0, {1e-12, 0.0, "rounding"});
}

TEST_CASE("going on from a model moves its reference energies onto the new labels") {
  const TemporaryFolder folder;
  const std::string path = folder.file("data.xyz");
  Frames frames = labelled_frames(60, 1);
  // Another method: each oxygen 2 eV lower, each carbon 1 eV higher.
  for (Structure& frame : frames) {
    for (const int z : frame.atomic_numbers) *frame.energy += z == 8 ? -2.0 : z == 6 ? 1.0 : 0.0;
  }
  write_file(path, training_text(frames));
  train::PreparationOptions options = options_for(path);
  options.init = shipped_model("ultra_tiny");
  const train::Preparation data = train::prepare_training(options);
  const auto change = [&](int z) {
    return data.start.reference_energies.at(z) - options.init->reference_energies.at(z);
  };
  require_close(change(8), -2.0, {1e-6, 0.0, "labels in double"});
  require_close(change(6), 1.0, {1e-6, 0.0, "labels in double"});
  require_close(change(1), 0.0, {1e-6, 0.0, "labels in double"});

  frames[0].atomic_numbers[0] = 16;
  write_file(path, training_text(frames));
  REQUIRE(refusal(options).find("ultra_tiny lack") != std::string::npos);
}

TEST_CASE("a teacher labels frames") {
  const TemporaryFolder folder;
  const std::string path = folder.file("frames.xyz");
  const Frames frames = labelled_frames(40, 1);
  std::string text = training_text(frames);
  replace_all(text, "energy=", "ignored=");
  replace_all(text, "forces:R:3", "junk:R:3");
  write_file(path, text);
  train::PreparationOptions options = options_for("");
  options.unlabelled = path;
  options.teacher = shipped_model("ultra_tiny");
  const train::Preparation data = train::prepare_training(options);
  REQUIRE(data.train.size() + data.valid.size() == 40);
  double worst = 1e9;
  for (const Structure& frame : frames) {
    if (frame.positions != data.train[0].positions) continue;
    worst = max_difference(*data.train[0].forces, *frame.forces);
  }
  REQUIRE(worst == 0.0);
}

}  // namespace fusemd::test
