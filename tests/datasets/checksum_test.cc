#include "datasets/checksum.h"

#include <gtest/gtest.h>

#include "datasets/data_error.h"
#include "tests/datasets/data_error_matcher.h"
#include "tests/datasets/idx_files.h"

namespace apical {
namespace {

using testing_data::Bytes;

// The examples of FIPS 180-2, annex B.
TEST(Checksum, IsSha256) {
  const auto path = testing_data::fresh_folder("checksum") / "file";
  testing_data::write_plain(path, {'a', 'b', 'c'});
  EXPECT_EQ(sha256_of_content(path),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  testing_data::write_plain(path, Bytes(1000000, 'a'));
  EXPECT_EQ(sha256_of_content(path),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  testing_data::write_plain(path, {});
  EXPECT_EQ(sha256_of_content(path),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Checksum, IsThatOfTheDecompressedContent) {
  const auto path = testing_data::fresh_folder("checksum") / "file.gz";
  testing_data::write_gzip(path, Bytes(1000000, 'a'));
  EXPECT_EQ(sha256_of_content(path),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Checksum, MissingFile) {
  const auto path = testing_data::fresh_folder("checksum") / "none";
  testing_data::expect_data_error(DataErrorKind::kMissing, path, "No such file",
                                  [&] { sha256_of_content(path); });
}

}  // namespace
}  // namespace apical
