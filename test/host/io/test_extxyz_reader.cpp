// SPDX-License-Identifier: MIT
#include <cmath>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::vector<Structure> parse(const std::string& text) {
  ExtxyzReader reader(LineReader::from_text(text, "x.xyz"));
  std::vector<Structure> frames;
  while (auto frame = reader.next()) frames.push_back(*std::move(frame));
  return frames;
}

TEST_CASE("a plain XYZ file is read, whatever its second line says") {
  for (const char* comment : {"", "water", "it's \"fine\" = {ok", "energy: -5.07 gnorm: 0.1"}) {
    INFO(comment);
    const auto frames = parse(std::string("3\n") + comment +
                              "\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n");
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].name == "x.xyz, frame 1");
    CHECK(frames[0].atomic_numbers == std::vector<int>{8, 1, 1});
    CHECK(frames[0].positions[2] == Vec3{0.0, -0.763, -0.477});
    CHECK_FALSE(frames[0].cell.has_value());
    CHECK_FALSE(frames[0].velocities.has_value());
    CHECK_FALSE(frames[0].energy.has_value());
    CHECK(frames[0].masses.empty());
  }
}

TEST_CASE("columns are found by name in any order and unknown ones are skipped by width") {
  const auto frames = parse(
      "1\nenergy=-1.5 Properties=tag:I:2:forces:R:3:mass:R:1:label:S:1:velo:R:3:Z:I:1:pos:R:3 "
      "dipole=\"0 0 1\"\n7 8 0.1 0.2 0.3 2.014 abc 0.01 0.02 0.03 1 1 2 3\n");
  REQUIRE(frames.size() == 1);
  const Structure& s = frames[0];
  CHECK(s.atomic_numbers == std::vector<int>{1});
  CHECK(s.masses == std::vector<double>{2.014});
  CHECK(s.positions[0] == Vec3{1, 2, 3});
  CHECK(s.velocities.value()[0] == Vec3{0.01, 0.02, 0.03});
  CHECK(s.forces.value()[0] == Vec3{0.1, 0.2, 0.3});
  CHECK(s.energy == -1.5);
}

TEST_CASE("the comment line tells which frames belong together, and their temperature") {
  const std::string atoms = "\nH 0 0 0\n";
  const auto frames = parse("1\nmolecule=water trajectory=\"run 7\" temperature_K=300" + atoms +
                            "1\ntrajectory=a molecule=water temperature_K=hot" + atoms +
                            "1\nmolecule=water temperature_K=-1" + atoms + "1\nfree text" + atoms);
  REQUIRE(frames.size() == 4);
  CHECK(frames[0].group == "run 7");
  CHECK(frames[0].temperature == 300.0);
  CHECK(frames[1].group == "a");
  CHECK_FALSE(frames[1].temperature.has_value());
  CHECK(frames[2].group == "water");
  CHECK_FALSE(frames[2].temperature.has_value());
  CHECK(frames[3].group.empty());
  CHECK(frames[0].molecule == "water");
  CHECK(frames[1].molecule == "water");
  CHECK(frames[3].molecule.empty());
}

TEST_CASE("frequencies of a relaxed molecule come back") {
  Structure structure;
  structure.atomic_numbers = {1};
  structure.positions = {{0.0, 0.0, 0.0}};
  structure.frequencies = {-12.5, 1600.25};
  std::string text;
  append_extxyz(text, structure);
  CHECK(parse(text).at(0).frequencies == structure.frequencies);
  CHECK(parse("1\nno key\nH 0 0 0\n").at(0).frequencies.empty());
  CHECK_THROWS_WITH(parse("1\nfrequencies_cm1=\"1 two\"\nH 0 0 0\n"),
                    test::contains_text("frequencies_cm1") && test::contains_text("two"));
}

TEST_CASE("force, vel and masses are names too") {
  const auto frames = parse(
      "1\nProperties=species:S:1:pos:R:3:vel:R:3:force:R:3:masses:R:1\nC 0 0 0 1 2 3 4 5 6 13\n");
  CHECK(frames.at(0).velocities.value()[0] == Vec3{1, 2, 3});
  CHECK(frames.at(0).forces.value()[0] == Vec3{4, 5, 6});
  CHECK(frames.at(0).masses.at(0) == 13.0);
}

TEST_CASE("momenta in ASE's unit become velocities") {
  // sqrt(eV/amu) = sqrt(1.602176634e-19 / 1.66053906660e-27) m/s (CODATA 2018).
  const double unit = std::sqrt(1.602176634e-19 / 1.66053906660e-27) * 1e-5;  // Angstrom/fs
  const test::Tolerance tolerance{0.0, 1e-15, "three roundings"};
  const auto standard =
      parse("1\nProperties=species:S:1:pos:R:3:momenta:R:3\nC 0 0 0 0.5 0 -1\n").at(0);
  test::require_close(standard.velocities.value()[0].x, 0.5 / 12.011 * unit, tolerance);
  test::require_close(standard.velocities.value()[0].z, -1.0 / 12.011 * unit, tolerance);
  const auto heavy =
      parse("1\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:R:1\nC 0 0 0 0.5 0 -1 13.0\n")
          .at(0);
  test::require_close(heavy.velocities.value()[0].x, 0.5 / 13.0 * unit, tolerance);
}

TEST_CASE("velo counts where momenta stand beside it") {
  const auto frame = parse(
                         "1\nProperties=species:S:1:pos:R:3:velo:R:3:momenta:R:3\n"
                         "C 0 0 0 0.01 0 0 1.2227859 0 0\n")
                         .at(0);
  CHECK(frame.velocities.value()[0] == Vec3{0.01, 0, 0});
}

TEST_CASE("cells") {
  const auto cell = [](const std::string& keys) {
    return parse("1\n" + keys + " Properties=species:S:1:pos:R:3\nC 0 0 0\n").at(0).cell;
  };
  const auto cube = cell("Lattice=\"5 0 0 1 6 0 0 0 7\"");
  REQUIRE(cube.has_value());
  CHECK(cube->vectors[1] == Vec3{1, 6, 0});
  CHECK(cube->periodic == std::array{true, true, true});
  CHECK(cell("Lattice={5 0 0 0 6 0 0 0 7} pbc=\"T T F\"")->periodic ==
        std::array{true, true, false});
  CHECK(cell("lattice=[[5, 0, 0], [0, 6, 0], [0, 0, 7]] pbc=[False, False, False]")->periodic ==
        std::array{false, false, false});
  CHECK_FALSE(cell("pbc=\"F F F\"").has_value());
  CHECK_FALSE(cell("Lattice=\"0 0 0 0 0 0 0 0 0\" pbc=\"F F F\"").has_value());
}

TEST_CASE("neutral closed shells pass under every name") {
  for (const char* keys : {"charge=0 multiplicity=1", "total_charge=0.0 spin=0", "magmom=1e-4",
                           "charge = 0, mult = 1"}) {
    INFO(keys);
    CHECK(parse(std::string("1\n") + keys + "\nC 0 0 0\n").size() == 1);
  }
  // Partial charges and numerical noise in moments are not a charge and not a spin.
  CHECK(parse("2\nProperties=species:S:1:pos:R:3:charges:R:1:magmoms:R:1:initial_charges:R:1\n"
              "H 0 0 0 0.4 1e-5 0\nF 0 0 0.9 -0.39 -1e-5 0\n")
            .size() == 1);
}

TEST_CASE("line ends, tabs, blank lines, byte order mark, Fortran exponents") {
  const std::string text =
      "\xef\xbb\xbf"
      "2\r\ncomment\r\nC\t0.0\t0\t0\t\r\n  H 0 0 1.09D+00\r\n\r\n \t\r\n1\r\n\r\nO +1 0 0";
  const auto frames = parse(text);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].positions[1].z == 1.09);
  CHECK(frames[1].positions[0].x == 1.0);
  CHECK(frames[1].name == "x.xyz, frame 2");
}

TEST_CASE("a pipe that hands out one byte at a time is read like a file") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread source([&] {
    const int out = ::open(path.c_str(), O_WRONLY);
    for (const char c : std::string("\xef\xbb\xbf"
                                    "1\nx\nC 0 0 0.5\n1\nx\nO 0 0 0")) {
      while (::write(out, &c, 1) != 1) {
      }
    }
    ::close(out);
  });
  const auto frames = read_extxyz(path);
  source.join();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].positions[0].z == 0.5);
}

TEST_CASE("lines longer than the reading block are read, up to the limit") {
  const std::string comment(600'000, 'x');
  CHECK(parse("1\n" + comment + "\nC 0 0 0\n").size() == 1);
  const test::TemporaryFolder folder;
  test::write_file(folder.file("long.xyz"), "1\n" + comment + "\nC 0 0 0\n");
  CHECK(read_extxyz(folder.file("long.xyz")).size() == 1);
  test::write_file(folder.file("longer.xyz"), "1\n" + std::string(5'000'000, 'x') + "\nC 0 0 0\n");
  CHECK_THROWS_AS(read_extxyz(folder.file("longer.xyz")), InputError);
}

TEST_CASE("the number of atoms alone makes nobody allocate") {
  // 1e7 atoms announced, one there: an eager reader would take 320 MB for it, this one notices
  // first.
  CHECK_THROWS_AS(parse("10000000\n\nC 0 0 0\n"), InputError);
}

TEST_CASE("a file cut anywhere gives the whole frames before the cut or an error") {
  const std::string text =
      "2\nProperties=species:S:1:pos:R:3 energy=-1.25\nC 0.0 0.0 0.0\nH 0.0 0.0 1.09375\n"
      "1\n\nO 0.125 0.25 -0.5\n"
      "2\npbc=\"F F F\" Properties=species:S:1:pos:R:3:velo:R:3\nH 0.0 0.0 0.0 0.5 0.5 0.5\n"
      "H 0.0 0.0 0.75 0.25 0.25 0.25\n";
  const auto whole = parse(text);
  REQUIRE(whole.size() == 3);
  std::vector<std::size_t> ends;  // of the frames, at their last line end
  ends.push_back(text.find("\n1\n\n") + 1);
  ends.push_back(text.find("\n2\npbc") + 1);
  ends.push_back(text.size());

  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    INFO("cut after byte " << cut);
    ExtxyzReader reader(LineReader::from_text(text.substr(0, cut), "cut.xyz"));
    std::vector<Structure> frames;
    bool error = false;
    try {
      while (auto frame = reader.next()) frames.push_back(*std::move(frame));
    } catch (const InputError&) {
      error = true;
    }
    std::size_t complete = 0;
    while (complete < 3 && ends[complete] <= cut) ++complete;
    // Without its line end nothing tells a frame's last number from its first digits: a cut in
    // there is the one place where a frame comes out shortened and not refused.
    const std::size_t last_number = complete < 3 ? text.rfind(' ', ends[complete]) + 1 : 0;
    const bool in_last_number = complete < 3 && cut > last_number && cut < ends[complete];
    REQUIRE(frames.size() <= complete + (in_last_number ? 1 : 0));
    REQUIRE(frames.size() >= complete);
    for (std::size_t k = 0; k < complete; ++k) {
      REQUIRE(frames[k].positions == whole[k].positions);
      REQUIRE(frames[k].velocities == whole[k].velocities);
    }
    const bool at_frame_end = cut > 0 && complete > 0 && ends[complete - 1] == cut;
    REQUIRE((error || at_frame_end || in_last_number));
  }
}

}  // namespace
}  // namespace fusemd
