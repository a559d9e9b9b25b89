#include "tools/pictures/receptive_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulator/hdf5_file.h"
#include "tests/tools/test_folder.h"

namespace apical {
namespace {

using testing::HasSubstr;

class ReceptiveFieldsTest : public TestWithFolder {
 protected:
  ReceptiveFieldsTest() {
    Hdf5File made = Hdf5File::create(path_);
    made.write<std::int64_t>("/epochs", std::vector<std::int64_t>{0, 5});
    std::vector<float> weights(2 * 64 * 3);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i) - 190;
    made.write<float>("/weights/back", std::vector<float>(2 * 3 * 64),
                      std::vector<std::uint64_t>{2, 3, 64});
    made.write<float>("/weights/up", weights, std::vector<std::uint64_t>{2, 64, 3});
    made.close();
  }

  std::string reason(std::optional<std::string> projection, std::optional<std::int64_t> epoch) {
    try {
      read_receptive_fields(path_, projection, epoch);
    } catch (const FileError& error) {
      return error.what();
    }
    return "no failure";
  }

  const std::filesystem::path path_ = file("weights.h5");
};

TEST_F(ReceptiveFieldsTest, AFieldIsAColumnOfTheWeights) {
  const ReceptiveFields last = read_receptive_fields(path_, std::nullopt, std::nullopt);
  EXPECT_EQ(last.projection, "up");
  EXPECT_EQ(last.epoch, 5);
  EXPECT_EQ(last.side, 8);
  ASSERT_EQ(last.fields.size(), 3);
  EXPECT_EQ(last.fields[1][2], (64 + 2) * 3 + 1 - 190);
  const ReceptiveFields first = read_receptive_fields(path_, "up", 0);
  EXPECT_EQ(first.fields[2][63], 63 * 3 + 2 - 190);
  const std::string svg = draw_with_gnuplot(receptive_fields_script(last, "", PictureFormat::kSvg));
  for (const char* text : {"weights of up after 5 epochs", "all 3 neurons", "Weight",
                           "<image style='image-rendering: pixelated' x="}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST_F(ReceptiveFieldsTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(reason("down", std::nullopt), HasSubstr("no weights of down; it holds back, up"));
  EXPECT_THAT(reason("back", std::nullopt), HasSubstr("square image"));
  EXPECT_THAT(reason(std::nullopt, 3), HasSubstr("it holds those after 0, 5"));
}

}  // namespace
}  // namespace apical
