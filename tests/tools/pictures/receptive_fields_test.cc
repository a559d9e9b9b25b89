#include "tools/pictures/receptive_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <numeric>
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
    put(file("experiment.textproto"),
        R"(data { name: "mnist" }
           network {
             population { name: "input" size: 784 poisson_source {} }
             population { name: "hidden" size: 3 pyramidal {} }
             projection { source: "hidden" target: "hidden" name: "back" compartment: APICAL }
             projection { source: "input" target: "hidden" name: "up" compartment: BASAL }
           })");
    write({{"back", {9, 3}}, {"up", {784, 3}}});
  }

  // Rows of 0, 1, 2 and so on in each table, after epochs 0 and 5.
  void write(const std::map<std::string, std::vector<std::uint64_t>>& tables) {
    Hdf5File made = Hdf5File::create(path_);
    made.write<std::int64_t>("/epochs", std::vector<std::int64_t>{0, 5});
    for (auto [name, shape] : tables) {
      shape.insert(shape.begin(), 2);
      std::uint64_t size = 1;
      for (const std::uint64_t extent : shape) size *= extent;
      std::vector<float> weights(size);
      std::iota(weights.begin(), weights.end(), 0.0F);
      made.write<float>("/weights/" + name, weights, shape);
    }
    made.close();
  }

  // A rate network of two layers, the first of which is `layer`.
  void put_layers(const std::string& data, const std::string& layer) {
    put(file("experiment.textproto"), "data { name: '" + data +
                                          "' } rate_network { layer { name: 'first' " + layer +
                                          " } layer { name: 'second' dense { units: 10 } } }");
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
  EXPECT_EQ(last.side, 28);
  EXPECT_EQ(last.channels, 1);
  ASSERT_EQ(last.fields.size(), 3);
  EXPECT_EQ(last.fields[1][2], (784 + 2) * 3 + 1);
  const ReceptiveFields first = read_receptive_fields(path_, "up", 0);
  EXPECT_EQ(first.fields[2][63], 63 * 3 + 2);
  const std::string svg = draw_with_gnuplot(receptive_fields_script(last, "", PictureFormat::kSvg));
  for (const char* text : {"weights of up after 5 epochs", "all 3 neurons", "Weight",
                           "<image style='image-rendering: pixelated' x="}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST_F(ReceptiveFieldsTest, ImagesOfThreeChannelsAreInColour) {
  put_layers("cifar10", "dense { units: 1024 }");
  write({{"first", {3072, 2}}, {"second", {1024, 10}}});
  const ReceptiveFields fields = read_receptive_fields(path_, std::nullopt, std::nullopt);
  EXPECT_EQ(fields.projection, "first");
  EXPECT_EQ(fields.side, 32);
  EXPECT_EQ(fields.channels, 3);
  ASSERT_EQ(fields.fields.size(), 2);
  EXPECT_EQ(fields.fields[1].size(), 3072);
  const std::string script =
      receptive_fields_script({"first", 1, 1, 3, 1, {{-0.5F, 0, 0.5F}}}, "", PictureFormat::kSvg);
  EXPECT_THAT(script, HasSubstr("0 0 0 128 255\n"));
  EXPECT_THAT(draw_with_gnuplot(script), HasSubstr("grey is 0"));
}

TEST_F(ReceptiveFieldsTest, HiddenUnitsAreNoImage) {
  put_layers("mnist", "dense { units: 1024 }");
  write({{"first", {784, 4}}, {"second", {1024, 10}}});
  EXPECT_THAT(reason("second", std::nullopt),
              HasSubstr("second do not come from the image; those of first do"));
  put_layers("mnist", "locally_connected { kernel: 3 channels: 4 }");
  write({{"first", {100}}, {"second", {784, 10}}});
  EXPECT_THAT(reason(std::nullopt, std::nullopt), HasSubstr("not from the 784 values"));
}

TEST_F(ReceptiveFieldsTest, OfAPartOfTheImage) {
  put_layers("mnist", "convolutional { kernel: 3 channels: 2 }");
  write({{"first", {18}}});
  const ReceptiveFields shared = read_receptive_fields(path_, std::nullopt, std::nullopt);
  EXPECT_EQ(shared.side, 3);
  ASSERT_EQ(shared.fields.size(), 2);
  ASSERT_EQ(shared.fields[1].size(), 9);
  EXPECT_EQ(shared.fields[1][4], 18 + 4 * 2 + 1);
  EXPECT_THAT(receptive_fields_script(shared, "", PictureFormat::kSvg),
              HasSubstr("all 2 neurons, numbered"));

  // 14 x 14 places; the last of a row see two of three columns, and those of the last row two rows.
  put_layers("mnist", "locally_connected { kernel: 3 channels: 2 stride: 2 }");
  constexpr std::size_t kRow = 13 * 9 + 6;
  constexpr std::size_t kAll = 2 * (13 * kRow + 13 * 6 + 4);
  write({{"first", {kAll}}});
  const ReceptiveFields own = read_receptive_fields(path_, std::nullopt, std::nullopt);
  EXPECT_EQ(own.side, 3);
  ASSERT_EQ(own.fields.size(), 2);
  EXPECT_EQ(own.fields[1][4], kAll + 2 * (7 * kRow + 7 * 9) + 4 * 2 + 1);
  EXPECT_THAT(draw_with_gnuplot(receptive_fields_script(own, "", PictureFormat::kSvg)),
              HasSubstr("all 2 neurons at row 7, column 7 of 14 x 14, numbered"));

  // A kernel larger than the image.
  put_layers("mnist", "locally_connected { kernel: 57 channels: 1 stride: 28 }");
  write({{"first", {784}}});
  const ReceptiveFields large = read_receptive_fields(path_, std::nullopt, std::nullopt);
  ASSERT_EQ(large.fields[0].size(), 57 * 57);
  EXPECT_EQ(large.fields[0][0], 0) << "beyond the image";
  EXPECT_EQ(large.fields[0][14 * 57 + 14], 784);
  EXPECT_EQ(large.fields[0][41 * 57 + 41], 2 * 784 - 1);
}

TEST_F(ReceptiveFieldsTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(reason("down", std::nullopt), HasSubstr("no weights of down; it holds back, up"));
  EXPECT_THAT(reason("back", std::nullopt), HasSubstr("those of up do"));
  EXPECT_THAT(reason(std::nullopt, 3), HasSubstr("it holds those after 0, 5"));
  put_layers("cifar10", "dense { units: 3 }");
  EXPECT_THAT(reason(std::nullopt, std::nullopt), HasSubstr("no weights of first"));
  write({{"first", {784, 3}}});
  EXPECT_THAT(reason(std::nullopt, std::nullopt), HasSubstr("not from the 3072 values"));
  std::filesystem::remove(file("experiment.textproto"));
  EXPECT_THAT(reason(std::nullopt, std::nullopt), HasSubstr("experiment.textproto beside it"));
}

}  // namespace
}  // namespace apical
