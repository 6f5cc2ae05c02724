/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports that send back what they get: see echo.h. */
#include "emu/echo.h"

#include "vtl/ports.h"
#include "vtl/synic.h"

#define SINT_MASK 0xfu

/* Of all machines, as nobody tells its messages from those of others: there is one at a time. */
static struct synic_buffers buffers;

static enum hv_status post_back(void *context, struct vtl_vp *sender, unsigned vtl,
                                const struct hv_message *message)
{
    struct hv_message echo = *message;
    unsigned sint = message->type & SINT_MASK;

    (void)context;
    if (sint == 0)
        return HV_STATUS_INVALID_PARAMETER;
    echo.sender = ECHO_MESSAGES;
    return vtl_port_status(synic_post_through(sender, vtl, sint, &echo, &buffers));
}

static enum hv_status signal_back(void *context, struct vtl_vp *sender, unsigned vtl, uint16_t flag)
{
    bool newly;

    (void)context;
    if (flag / HV_EVENT_FLAGS == 0)
        return HV_STATUS_INVALID_PARAMETER;
    return vtl_port_status(
        synic_signal(sender, vtl, flag / HV_EVENT_FLAGS, flag % HV_EVENT_FLAGS, &newly));
}

void echo_register(struct vtl_partition *partition)
{
    const struct vtl_port messages = {
        .connection = ECHO_MESSAGES,
        .vtls = (1u << VTL_LEVELS) - 1,
        .post = post_back,
        .buffers = &buffers,
    };
    const struct vtl_port events = {
        .connection = ECHO_EVENTS,
        .vtls = (1u << VTL_LEVELS) - 1,
        .flag_count = HV_SYNIC_SINTS * HV_EVENT_FLAGS,
        .signal = signal_back,
    };

    vtl_port_register(partition, &messages);
    vtl_port_register(partition, &events);
}
