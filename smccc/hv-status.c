/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of Hyper-V status codes: see hv-status.h. */
#include "smccc/hv-status.h"

#include <stddef.h>

static const struct {
    uint16_t status;
    const char *name;
} names[] = {
#define HV_STATUS_ROW(text, number) {number, #text},
    HV_STATUS_TABLE(HV_STATUS_ROW)
#undef HV_STATUS_ROW
};

const char *hv_status_name(uint16_t status)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].status == status)
            return names[i].name;
    return "?";
}
