#pragma once

#include <string>

#include "proto/recording.pb.h"
#include "tools/pictures/gnuplot.h"
#include "tools/pictures/picture_request.h"
#include "tools/pictures/trial_spikes.h"

namespace apical {

// The gnuplot script of neurons against time, a band a population, from the input at the bottom.
std::string spike_raster_script(const TrialSpikes& raster, const std::string& title,
                                PictureFormat format);

// Fills raster.recorded of a trial.
void count_recorded(const proto::Recording& recording, TrialSpikes& raster);

// The picture kind: the file is a spikes.h5.
std::string spike_raster_picture(const PictureRequest& request);

}  // namespace apical
