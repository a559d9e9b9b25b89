#include <fmt/format.h>
#include <setjmp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

// After <cstdio>, whose types it needs.
#include <jerror.h>
#include <jpeglib.h>

#include "datasets/data_error.h"
#include "datasets/image_file.h"

namespace apical {
namespace {

constexpr unsigned kEighths = 8;  // libjpeg's scales are in eighths

// Those of libjpeg's warnings that tell of pixels that are lost.
bool loses_pixels(int message) {
  return message == JWRN_JPEG_EOF || message == JWRN_HIT_MARKER || message == JWRN_HUFF_BAD_CODE ||
         message == JWRN_MUST_RESYNC;
}

// Decodes one image. libjpeg leaves by longjmp where it cannot go on, so whatever has a destructor
// belongs to the decoder, and none is in a frame that is jumped over.
class JpegDecoder {
 public:
  JpegDecoder(const std::filesystem::path& path, std::span<const std::uint8_t> bytes)
      : path_(path), bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = [](j_common_ptr jpeg) {
      auto* errors = reinterpret_cast<Errors*>(jpeg->err);
      errors->fatal = jpeg->err->msg_code;
      longjmp(errors->leave, 1);
    };
    errors_.base.emit_message = [](j_common_ptr jpeg, int level) {
      auto* errors = reinterpret_cast<Errors*>(jpeg->err);
      const int message = jpeg->err->msg_code;
      if (level >= 0 || !loses_pixels(message) || errors->loss != 0) return;
      errors->loss = message;
      jpeg->err->format_message(jpeg, errors->loss_text.data());
    };
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&jpeg_); }

  RgbImage decode(int shorter_side) {
    if (!read_header()) throw_fatal();
    check_pixels(path_, jpeg_.image_width, jpeg_.image_height);
    choose_output(shorter_side);
    if (!start()) throw_fatal();
    image_.width = static_cast<int>(jpeg_.output_width);
    image_.height = static_cast<int>(jpeg_.output_height);
    image_.pixels.resize(image_.row_values() * jpeg_.output_height);
    inks_.resize(jpeg_.out_color_space == JCS_CMYK ? std::size_t{4} * jpeg_.output_width : 0);
    if (!read_rows()) throw_fatal();
    if (errors_.loss != 0) throw_loss();
    return std::move(image_);
  }

 private:
  struct Errors {
    jpeg_error_mgr base;  // first, so that a pointer to it is one to all
    jmp_buf leave;
    int fatal = 0;
    int loss = 0;  // the first warning that pixels are lost
    std::array<char, JMSG_LENGTH_MAX> loss_text = {};
  };

  bool read_header() {
    if (setjmp(errors_.leave) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, bytes_.data(), bytes_.size());
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }

  void choose_output(int shorter_side) {
    image_.full_width = static_cast<int>(jpeg_.image_width);
    image_.full_height = static_cast<int>(jpeg_.image_height);
    const unsigned side = std::min(jpeg_.image_width, jpeg_.image_height);
    const auto wanted = static_cast<unsigned>(shorter_side);
    jpeg_.scale_num = kEighths;
    jpeg_.scale_denom = kEighths;
    // The scales in between leave fewer pixels, but libjpeg-turbo has no vector code for them, and
    // altogether they take longer (//tools/bench:decoding_speed, 1.47 ms instead of 1.24 ms a
    // decoding).
    while (wanted > 0 && jpeg_.scale_num > 1 && side * (jpeg_.scale_num / 2) >= wanted * kEighths) {
      jpeg_.scale_num /= 2;
    }
    image_.scale = jpeg_.scale_num / double{kEighths};
    // The one inverse DCT that gives the same bits with and without vector instructions.
    jpeg_.dct_method = JDCT_ISLOW;
    const bool inks = jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
    jpeg_.out_color_space = inks ? JCS_CMYK : JCS_RGB;
  }

  bool start() {
    if (setjmp(errors_.leave) != 0) return false;
    jpeg_start_decompress(&jpeg_);
    return true;
  }

  bool read_rows() {
    if (setjmp(errors_.leave) != 0) return false;
    while (jpeg_.output_scanline < jpeg_.output_height) {
      std::uint8_t* row = image_.pixels.data() + image_.row_values() * jpeg_.output_scanline;
      JSAMPROW target = inks_.empty() ? row : inks_.data();
      jpeg_read_scanlines(&jpeg_, &target, 1);
      if (!inks_.empty()) convert_inks(row);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

  void convert_inks(std::uint8_t* row) const {
    const std::uint8_t flip = jpeg_.saw_Adobe_marker ? 0 : 255;
    for (std::size_t pixel = 0; pixel < jpeg_.output_width; ++pixel) {
      const std::uint8_t* inks = inks_.data() + 4 * pixel;
      const int black = inks[3] ^ flip;
      for (std::size_t c = 0; c < 3; ++c) {
        row[3 * pixel + c] = static_cast<std::uint8_t>(((inks[c] ^ flip) * black + 127) / 255);
      }
    }
  }

  [[noreturn]] void throw_fatal() {
    // What libjpeg gives up on at its end is an early end rather than something wrong before it.
    if (errors_.loss == JWRN_JPEG_EOF || errors_.fatal == JERR_INPUT_EMPTY ||
        errors_.fatal == JERR_INPUT_EOF) {
      throw_truncated();
    }
    std::array<char, JMSG_LENGTH_MAX> text = {};
    errors_.base.format_message(reinterpret_cast<j_common_ptr>(&jpeg_), text.data());
    throw DataError(DataErrorKind::kUnreadable, path_,
                    fmt::format("cannot be decoded as JPEG: {}", text.data()),
                    "fetch or copy the file again, or convert it");
  }

  [[noreturn]] void throw_loss() const {
    if (errors_.loss == JWRN_JPEG_EOF) throw_truncated();
    throw DataError(DataErrorKind::kUnreadable, path_,
                    fmt::format("its JPEG data are damaged: {}", errors_.loss_text.data()),
                    "fetch or copy the file again");
  }

  [[noreturn]] void throw_truncated() const {
    throw DataError(DataErrorKind::kTruncated, path_,
                    fmt::format("the JPEG image ends early, after {} bytes", bytes_.size()),
                    "fetch or copy the file again");
  }

  const std::filesystem::path& path_;
  std::span<const std::uint8_t> bytes_;
  Errors errors_ = {};
  jpeg_decompress_struct jpeg_ = {};
  RgbImage image_;
  std::vector<std::uint8_t> inks_;  // a row of cyan, magenta, yellow and black
};

}  // namespace

RgbImage decode_jpeg(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                     int shorter_side) {
  return JpegDecoder(path, bytes).decode(shorter_side);
}

}  // namespace apical
