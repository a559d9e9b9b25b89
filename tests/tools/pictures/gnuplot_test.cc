#include "tools/pictures/gnuplot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace apical {
namespace {

TEST(Gnuplot, EndingSaysTheFormat) {
  EXPECT_EQ(picture_format("a/b.png"), PictureFormat::kPng);
  EXPECT_EQ(picture_format("b.SVG"), PictureFormat::kSvg);
  EXPECT_EQ(picture_format("b.c.pdf"), PictureFormat::kPdf);
  EXPECT_EQ(picture_format("b.gif"), std::nullopt);
  EXPECT_EQ(picture_format("png"), std::nullopt);
}

TEST(Gnuplot, DrawsEachFormat) {
  const auto drawn = [](PictureFormat format) {
    return draw_with_gnuplot(gnuplot_preamble(format, {}) + "plot x\n");
  };
  EXPECT_THAT(drawn(PictureFormat::kPng), testing::StartsWith("\x89PNG"));
  EXPECT_THAT(drawn(PictureFormat::kSvg), testing::HasSubstr("</svg>"));
  EXPECT_THAT(drawn(PictureFormat::kPdf), testing::StartsWith("%PDF"));
}

TEST(Gnuplot, StringsAreShownAsTheyAre) {
  const std::string text = R"(it's "a" `date` \n a_b^c {x} $y %d)";
  const std::string script = gnuplot_preamble(PictureFormat::kSvg, {}) + "set title " +
                             gnuplot_string(text) + "\nplot x\n";
  EXPECT_THAT(draw_with_gnuplot(script),
              testing::HasSubstr(R"(it's "a" `date` \n a_b^c {x} $y %d)"));
  EXPECT_EQ(gnuplot_string("a\nb"), "'a b'");
}

TEST(Gnuplot, BoldLettersAreBoldInBrowsers) {
  const std::string script = gnuplot_preamble(PictureFormat::kSvg, {}) +
                             "set label 'bold' at 0,0 font '" + std::string(kBold) + "'\nplot x\n";
  EXPECT_THAT(draw_with_gnuplot(script),
              testing::HasSubstr("font-family=\"DejaVu Sans,Helvetica,sans-serif\" "
                                 "font-weight=\"bold\""));
}

TEST(Gnuplot, MistakesAreReported) {
  try {
    draw_with_gnuplot("set nonsense\n");
    FAIL();
  } catch (const GnuplotError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("unrecognized option"));
  }
}

TEST(Gnuplot, AbsenceIsReported) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  try {
    draw_with_gnuplot("plot x\n");
    ADD_FAILURE();
  } catch (const GnuplotError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("apt-get install gnuplot-nox"));
  }
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace apical
