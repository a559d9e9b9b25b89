#pragma once

#include <png.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <vector>

// After <cstdio>, whose types it needs.
#include <jpeglib.h>

#include "tests/datasets/idx_files.h"

namespace apical::testing_data {

// JPEG and PNG files of any content, for tests.

// The value of a channel at a place.
using Picture = std::function<int(int x, int y, int channel)>;

struct JpegKind {
  J_COLOR_SPACE in = JCS_RGB;      // what the picture's channels are
  J_COLOR_SPACE file = JCS_YCbCr;  // what they are stored as
  bool adobe = false;              // whether Adobe's marker is written
  bool progressive = false;
  int quality = 95;
};

inline Bytes jpeg_bytes(int width, int height, const Picture& picture, const JpegKind& kind = {}) {
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &buffer, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = kind.in == JCS_GRAYSCALE ? 1 : kind.in == JCS_CMYK ? 4 : 3;
  jpeg.in_color_space = kind.in;
  jpeg_set_defaults(&jpeg);
  jpeg_set_colorspace(&jpeg, kind.file);
  jpeg.write_Adobe_marker = kind.adobe ? TRUE : FALSE;
  jpeg_set_quality(&jpeg, kind.quality, TRUE);
  if (kind.progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  Bytes row(static_cast<std::size_t>(width * jpeg.input_components));
  for (int y = 0; y < height; ++y) {
    std::size_t at = 0;
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < jpeg.input_components; ++c) {
        row[at++] = static_cast<std::uint8_t>(picture(x, y, c));
      }
    }
    JSAMPROW source = row.data();
    jpeg_write_scanlines(&jpeg, &source, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  Bytes bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

inline Bytes png_bytes(int width, int height, const Picture& picture, bool alpha = false) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  Bytes pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < (alpha ? 4 : 3); ++c) {
        pixels.push_back(static_cast<std::uint8_t>(picture(x, y, c)));
      }
    }
  }
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, pixels.data(), 0, nullptr);
  Bytes bytes(size);
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error("cannot write a PNG image");
  }
  bytes.resize(size);
  return bytes;
}

// One colour all over.
inline Picture plain_colour(std::vector<int> channels) {
  return [channels](int, int, int c) { return channels[static_cast<std::size_t>(c)]; };
}

// A smooth picture, different in each channel.
inline int slopes(int x, int y, int c) { return 20 + (c == 0 ? x : c == 1 ? y : (x + y) / 2); }

}  // namespace apical::testing_data
