/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where there is no KVM for arm64, no feature can be judged. */
#include "emu/cpu-features.h"
#include "emu/error.h"

bool cpu_judge(struct cpu_listing *rows, GError **error)
{
    (void)rows;
    emu_set_error(error, EMU_ERROR_SETUP, "this host is not arm64; scripts/bed -- vtlemu "
                  "cpu-features tells it of a test bed");
    return false;
}
