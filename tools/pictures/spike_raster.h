#pragma once

#include <string>

#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_request.h"
#include "tools/pictures/trial_spikes.h"

namespace apical {

// The gnuplot script of neurons against time, a band a population, from the input at the bottom.
std::string spike_raster_script(const TrialSpikes& raster, const std::string& title,
                                PictureFormat format);

// The picture kind: the file is a spikes.h5.
std::string spike_raster_picture(const PictureRequest& request);

}  // namespace apical
