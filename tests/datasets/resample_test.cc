#include "datasets/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace apical {
namespace {

// Of a value in a buffer.
constexpr std::size_t at(int index) { return static_cast<std::size_t>(index); }

constexpr double kUnits = 1.0 / 255;  // the slope that leaves bytes in [0, 1]
const std::vector<ChannelScale> kBytes(3, ChannelScale{.slope = 1, .offset = 0});

RgbImage image_of(int width, int height, const std::function<int(int, int, int)>& picture) {
  RgbImage image{.width = width,
                 .height = height,
                 .full_width = width,
                 .full_height = height,
                 .scale = 1,
                 .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<std::uint8_t>(picture(x, y, c)));
      }
    }
  }
  return image;
}

std::vector<float> cropped(const RgbImage& image, const Size& size, const Crop& crop, int side,
                           const std::vector<ChannelScale>& scales = kBytes) {
  std::vector<float> values(at(3 * side * side));
  resample_crop(image, size, crop, side, scales, values);
  return values;
}

int noise(int x, int y, int c) { return (x * 7919 + y * 104729 + c * 1299709) % 251; }

TEST(Resample, WeightsSumToOneAndStayOnTheAxis) {
  for (const int source : {1, 2, 3, 7, 50}) {
    for (const int target : {1, 2, 3, 7, 50, 113}) {
      for (const double lost : {0.0, 0.875}) {
        const AxisFilter filter = axis_filter(source, source - lost, target, 0, target);
        ASSERT_EQ(filter.first.size(), static_cast<std::size_t>(target));
        for (int k = 0; k < target; ++k) {
          double sum = 0;
          for (int i = 0; i < filter.taps; ++i) {
            const float weight = filter.weights[at(k * filter.taps + i)];
            EXPECT_GE(weight, 0);
            sum += weight;
          }
          EXPECT_NEAR(sum, 1, 1e-6);
          const int first = filter.first[static_cast<std::size_t>(k)];
          EXPECT_GE(first, 0);
          EXPECT_LE(first + filter.taps, source);
        }
      }
    }
  }
}

TEST(Resample, TheSameSizeIsTheIdentity) {
  const RgbImage image = image_of(9, 9, noise);
  const std::vector<float> values = cropped(image, {9, 9}, {}, 9);
  EXPECT_TRUE(std::ranges::equal(values, image.pixels));
}

TEST(Resample, AConstantStaysConstant) {
  const RgbImage image = image_of(37, 29, [](int, int, int c) { return 50 * (c + 1); });
  for (const int side : {5, 11, 29, 64}) {
    const std::vector<float> values = cropped(image, resized(37, 29, side), {}, side);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(values[i], 50.0 * static_cast<double>(i % 3 + 1), 1e-4);
    }
  }
}

// The centre of new pixel k is at (k + 0.5) * step - 0.5 on the old grid.
TEST(Resample, ALinearRampStaysOne) {
  constexpr int kSide = 48;
  const RgbImage image =
      image_of(kSide, kSide, [](int x, int y, int c) { return c == 0 ? 5 * x : 3 * y + 2 * x; });
  for (const int target : {96, 70, 53, 48, 47, 40, 31, 28, 24, 23, 16, 12, 11, 7}) {
    const std::vector<float> values = cropped(image, {target, target}, {}, target);
    const double step = static_cast<double>(kSide) / target;
    const int margin = static_cast<int>(std::ceil(std::max(1.0, 1 / step))) + 1;
    for (int y = margin; y < target - margin; ++y) {
      for (int x = margin; x < target - margin; ++x) {
        const double old_x = (x + 0.5) * step - 0.5;
        const double old_y = (y + 0.5) * step - 0.5;
        const std::size_t here = at(3 * (y * target + x));
        EXPECT_NEAR(values[here], 5 * old_x, 1e-3) << target;
        EXPECT_NEAR(values[here + 1], 3 * old_y + 2 * old_x, 1e-3) << target;
      }
    }
  }
}

// Halving weighs four neighbours by 1, 3, 3, 1 over 8.
TEST(Resample, HalvingHasItsClosedForm) {
  const AxisFilter filter = axis_filter(16, 16, 8, 2, 1);
  double sum = 0;
  const float expected[] = {0.125F, 0.375F, 0.375F, 0.125F};
  for (int i = 0; i < filter.taps; ++i) {
    const int here = filter.first[0] + i - 3;  // the four around 4.5
    const float weight = filter.weights[static_cast<std::size_t>(i)];
    EXPECT_FLOAT_EQ(weight, here >= 0 && here < 4 ? expected[here] : 0);
    sum += weight;
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

// The filters as matrices over the whole image, and then the crop.
TEST(Resample, ACropIsAPartOfTheWhole) {
  const RgbImage image = image_of(61, 43, noise);
  for (const int shorter : {20, 43, 57}) {
    const Size size = resized(61, 43, shorter);
    const AxisFilter across = axis_filter(61, 61, size.width, 0, size.width);
    const AxisFilter down = axis_filter(43, 43, size.height, 0, size.height);
    const auto whole = [&](int x, int y, int c) {
      double sum = 0;
      for (int j = 0; j < down.taps; ++j) {
        for (int i = 0; i < across.taps; ++i) {
          const int source_x = across.first[static_cast<std::size_t>(x)] + i;
          const int source_y = down.first[static_cast<std::size_t>(y)] + j;
          sum += double{across.weights[at(x * across.taps + i)]} *
                 down.weights[at(y * down.taps + j)] * noise(source_x, source_y, c);
        }
      }
      return sum;
    };
    constexpr int kSide = 16;
    for (const Crop& crop : {Crop{0, 0, false}, Crop{3, 2, false}, Crop{3, 2, true},
                             Crop{size.width - kSide, size.height - kSide, true}}) {
      const std::vector<float> values = cropped(image, size, crop, kSide);
      for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
          const int from = crop.flipped ? kSide - 1 - x : x;
          for (int c = 0; c < 3; ++c) {
            EXPECT_NEAR(values[at(3 * (y * kSide + x) + c)], whole(crop.x + from, crop.y + y, c),
                        1e-3);
          }
        }
      }
    }
  }
}

TEST(Resample, ScalesAreOfTheirChannel) {
  const RgbImage image = image_of(4, 4, [](int, int, int) { return 51; });
  const auto values = cropped(image, {4, 4}, {}, 4,
                              channel_scales({.mean = {0.1, 0.2, 0.3}, .sd = {0.1, 0.2, 0.5}}, 3));
  for (std::size_t i = 0; i < values.size(); i += 3) {
    EXPECT_NEAR(values[i], 1, 1e-6);
    EXPECT_NEAR(values[i + 1], 0, 1e-6);
    EXPECT_NEAR(values[i + 2], -0.2, 1e-6);
  }
  EXPECT_NEAR(channel_scales({}, 1)[0].slope, kUnits, 1e-15);
  EXPECT_THROW(channel_scales({.mean = {1}, .sd = {}}, 3), std::invalid_argument);
  EXPECT_THROW(channel_scales({.mean = {}, .sd = {1, 0, 1}}, 3), std::invalid_argument);
}

TEST(Resample, TheShorterSideIsTheOneGiven) {
  EXPECT_EQ(resized(500, 375, 256), (Size{341, 256}));
  EXPECT_EQ(resized(375, 500, 256), (Size{256, 341}));
  EXPECT_EQ(resized(100, 100, 256), (Size{256, 256}));
  EXPECT_EQ(resized(2, 3, 1), (Size{1, 2}));  // 1.5, rounded up
  EXPECT_EQ(resized(1, 65500, 256).height, 256 * 65500);
}

// A long, thin image costs no more than its crop.
TEST(Resample, OnlyTheCropIsComputed) {
  const RgbImage image = image_of(2, 5000, [](int, int, int) { return 9; });
  const Size size = resized(2, 5000, 256);
  EXPECT_EQ(cropped(image, size, {10, size.height - 224, false}, 224).back(), 9);
}

}  // namespace
}  // namespace apical
