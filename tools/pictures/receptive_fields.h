#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_request.h"

namespace apical {

// The weights from a square image's pixels to the first neurons of a population; or, where neurons
// see a part of the image only, from that part.
struct ReceptiveFields {
  std::string projection;    // or a rate network's layer
  std::int64_t epoch = 0;    // passes over the training set
  std::size_t side = 0;      // of what a neuron sees, in pixels
  std::size_t channels = 1;  // 3 of a colour image: red, green and blue
  std::size_t neurons = 0;
  std::vector<std::vector<float>> fields;  // of each neuron shown, row by row, channels innermost
  std::string place = {};                  // of the neurons, if each has weights of its own
};

// Reads a weights.h5, of which the experiment.textproto beside it tells what comes from the image
// and how large that is. `projection` without a value is the first that does, `epoch` the last. Of
// a locally connected layer, the neurons are those in the middle.
// Throws FileError, ModelFileError.
ReceptiveFields read_receptive_fields(const std::filesystem::path& weights,
                                      const std::optional<std::string>& projection,
                                      std::optional<std::int64_t> epoch);

// The gnuplot script of a grid of images, zero in the middle of the colours: from blue to red, or
// of a colour image grey.
std::string receptive_fields_script(const ReceptiveFields& fields, const std::string& title,
                                    PictureFormat format);

// The picture kind: the file is a weights.h5.
std::string receptive_fields_picture(const PictureRequest& request);

}  // namespace apical
