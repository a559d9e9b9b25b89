#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_request.h"

namespace apical {

// How often each class was answered for the images of each class, in one test.
struct ConfusionMatrix {
  std::int64_t train_examples = 0;  // learned from before the test
  std::size_t classes = 0;
  std::vector<std::uint64_t> counts;  // [label * classes + answer]

  std::uint64_t count(std::size_t label, std::size_t answer) const {
    return counts[label * classes + answer];
  }
  std::uint64_t images_of(std::size_t label) const;
  std::uint64_t images() const;
  double error_percent() const;
};

// Reads a tests.h5: the test after `train_examples`, or without a value the last. Throws FileError.
ConfusionMatrix read_confusion_matrix(const std::filesystem::path& tests,
                                      std::optional<std::int64_t> train_examples);

// The gnuplot script of a square a class and answer.
std::string confusion_matrix_script(const ConfusionMatrix& matrix, const std::string& title,
                                    PictureFormat format);

// The picture kind: the file is a tests.h5.
std::string confusion_matrix_picture(const PictureRequest& request);

}  // namespace apical
