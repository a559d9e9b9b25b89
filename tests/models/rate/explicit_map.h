#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/rate/adjoint_map.h"
#include "models/rate/convolutional_map.h"
#include "models/rate/dense_map.h"
#include "models/rate/linear_map.h"
#include "models/rate/locally_connected_map.h"
#include "models/rate/receptive_field.h"
#include "simulator/random_stream.h"
#include "simulator/vector_math.h"

namespace apical {

// A linear map with its matrix written out: which parameter stands at (output, input), or none.
struct ExplicitMap {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string name;
  std::function<std::unique_ptr<LinearMap>()> make;
  Shape input;
  Shape output;
  std::size_t parameters = 0;
  std::vector<std::size_t> parameter;  // output by input

  std::size_t at(std::size_t output_index, std::size_t input_index) const {
    return parameter[output_index * input.size() + input_index];
  }
};

inline ExplicitMap dense(Shape input, Shape output) {
  ExplicitMap map;
  map.name = "dense " + std::to_string(input.size()) + " to " + std::to_string(output.size());
  map.make = [=] { return std::make_unique<DenseMap>(input, output); };
  map.input = input;
  map.output = output;
  map.parameters = input.size() * output.size();
  for (std::size_t i = 0; i < output.size(); ++i) {
    for (std::size_t j = 0; j < input.size(); ++j) map.parameter.push_back(j * output.size() + i);
  }
  return map;
}

// Padding before the image, as TensorFlow documents "SAME": what the last stride lacks, halved.
inline long same_padding(std::size_t length, std::size_t kernel, std::size_t stride) {
  const std::size_t last = length % stride == 0 ? stride : length % stride;
  return kernel > last ? static_cast<long>((kernel - last) / 2) : 0;
}

inline ExplicitMap kernels(const std::string& kind, Shape input, std::size_t kernel,
                           std::size_t stride, std::size_t channels, bool shared) {
  ExplicitMap map;
  map.name = kind + " " + std::to_string(input.height) + "x" + std::to_string(input.width) + "x" +
             std::to_string(input.channels) + " (" + std::to_string(kernel) + "," +
             std::to_string(channels) + "," + std::to_string(stride) + ")";
  map.input = input;
  map.output = {(input.height + stride - 1) / stride, (input.width + stride - 1) / stride,
                channels};
  map.parameter.assign(map.output.size() * input.size(), ExplicitMap::kNone);
  const auto in = [](long at, std::size_t size) { return at >= 0 && at < static_cast<long>(size); };
  const long top = same_padding(input.height, kernel, stride);
  const long left = same_padding(input.width, kernel, stride);
  std::size_t next = 0;
  for (std::size_t row = 0; row < map.output.height; ++row) {
    for (std::size_t column = 0; column < map.output.width; ++column) {
      if (shared) next = 0;
      for (std::size_t ky = 0; ky < kernel; ++ky) {
        for (std::size_t kx = 0; kx < kernel; ++kx) {
          const long y = static_cast<long>(row * stride + ky) - top;
          const long x = static_cast<long>(column * stride + kx) - left;
          const bool inside = in(y, input.height) && in(x, input.width);
          if (!inside && !shared) continue;
          for (std::size_t from = 0; from < input.channels; ++from) {
            for (std::size_t to = 0; to < channels; ++to, ++next) {
              if (!inside) continue;
              const std::size_t i = (row * map.output.width + column) * channels + to;
              const std::size_t j =
                  static_cast<std::size_t>(y * static_cast<long>(input.width) + x) *
                      input.channels +
                  from;
              map.parameter[i * input.size() + j] = next;
            }
          }
        }
      }
      map.parameters = next;
    }
  }
  return map;
}

inline ExplicitMap locally_connected(Shape input, std::size_t kernel, std::size_t stride,
                                     std::size_t channels) {
  ExplicitMap map = kernels("locally connected", input, kernel, stride, channels, false);
  map.make = [=] {
    return std::make_unique<LocallyConnectedMap>(ReceptiveField(input, kernel, stride, channels));
  };
  return map;
}

inline ExplicitMap convolution(Shape input, std::size_t kernel, std::size_t stride,
                               std::size_t channels) {
  ExplicitMap map = kernels("convolution", input, kernel, stride, channels, true);
  map.make = [=] {
    return std::make_unique<ConvolutionalMap>(ReceptiveField(input, kernel, stride, channels));
  };
  return map;
}

inline ExplicitMap adjoint(const ExplicitMap& of) {
  ExplicitMap map;
  map.name = "adjoint of " + of.name;
  map.make = [make = of.make] { return std::make_unique<AdjointMap>(make()); };
  map.input = of.output;
  map.output = of.input;
  map.parameters = of.parameters;
  for (std::size_t i = 0; i < of.input.size(); ++i) {
    for (std::size_t j = 0; j < of.output.size(); ++j) map.parameter.push_back(of.at(j, i));
  }
  return map;
}

// Odd sizes, strides up to 4, strides beyond the kernel, kernels beyond the image, and rows of
// kernels on both sides of where they are copied together.
inline std::vector<ExplicitMap> explicit_maps() {
  std::vector<ExplicitMap> maps = {
      dense({1, 1, 1}, {1, 1, 1}),
      dense({1, 1, 13}, {1, 1, 7}),
      dense({5, 3, 7}, {1, 1, 150}),
      dense({1, 1, 150}, {3, 3, 9}),
  };
  for (const auto make : {locally_connected, convolution}) {
    for (std::size_t stride = 1; stride <= 4; ++stride) {
      maps.push_back(make({7, 5, 3}, 3, stride, 2));
      maps.push_back(make({5, 6, 1}, 1, stride, 5));
      maps.push_back(make({2, 3, 2}, 5, stride, 3));
      maps.push_back(make({5, 3, 24}, 3, stride, 9));
      maps.push_back(make({3, 2, 40}, 4, stride, 2));
      maps.push_back(make({13, 10, 2}, 9, stride, 3));
    }
  }
  for (std::size_t n = 0, forward = maps.size(); n < forward; ++n) {
    maps.push_back(adjoint(maps[n]));
  }
  return maps;
}

inline AlignedFloats random_floats(std::uint64_t seed, std::size_t count) {
  RandomStream random({.seed = seed});
  AlignedFloats values(count);
  for (float& value : values) value = static_cast<float>(2 * random.uniform() - 1);
  return values;
}

}  // namespace apical
