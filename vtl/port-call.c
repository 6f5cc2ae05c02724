/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guests send through the SynIC: see port-call.h. */
#include "vtl/port-call.h"

#include <string.h>

#include "vtl/hv-registers.h"
#include "vtl/intercept.h"
#include "vtl/ports.h"
#include "vtl/synic.h"

/* VtlReturnActions in the VP assist page (OpenVMM, hvdef, HvVpAssistPage). */
#define ASSIST_RETURN_ACTIONS 0x170
#define RETURN_ACTIONS 16
#define ACTION_NONE 0
#define ACTION_SIGNAL_EVENT 1

/* An action: its type is where the call has the partition. */
typedef struct hv_signal_event_direct return_action;

G_STATIC_ASSERT(sizeof(struct hv_post_message) == 0x100);
G_STATIC_ASSERT(sizeof(struct hv_post_message_direct) == 0x118);
G_STATIC_ASSERT(sizeof(struct hv_create_port) == 56);
G_STATIC_ASSERT(sizeof(struct hv_connect_port) == 72);

/* A VTL given as a plain number. */
static enum hv_status check_vtl(const struct vtl_vp *caller, unsigned vtl)
{
    if (vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    if (vtl > caller->active)
        return HV_STATUS_ACCESS_DENIED;
    return caller->partition->enabled & 1u << vtl ? HV_STATUS_SUCCESS
                                                  : HV_STATUS_INVALID_VTL_STATE;
}

static enum hv_status find_vp(struct vtl_vp *caller, uint32_t index, struct vtl_vp **vp)
{
    if (index != HV_VP_SELF && index >= caller->partition->vp_count)
        return HV_STATUS_INVALID_VP_INDEX;
    *vp = index == HV_VP_SELF ? caller : &caller->partition->vps[index];
    return HV_STATUS_SUCCESS;
}

/* A paravisor may have the connection; OpenVMM's virt_whp does likewise. */
static enum hv_status or_intercept(struct vtl_vp *caller, enum hv_status status)
{
    unsigned owner = vtl_intercept_connections(caller);

    if (status == HV_STATUS_INVALID_CONNECTION_ID && owner)
        return vtl_intercept_call(caller, owner, status);
    return status;
}

/* --- By connection ---------------------------------------------------------------------------- */

enum hv_status hv_post_message(void *context, const void *header, const void *element, void *output)
{
    const struct hv_post_message *input = header;
    struct hv_message message = {.type = input->type, .payload_size = (uint8_t)input->size};

    (void)element;
    (void)output;
    if (input->zero || input->type == HV_MESSAGE_NONE || input->type & HV_MESSAGE_TYPE_HYPERVISOR ||
        input->size > HV_MESSAGE_PAYLOAD)
        return HV_STATUS_INVALID_PARAMETER;
    memcpy(message.payload, input->payload, input->size);
    return or_intercept(context, vtl_port_post(context, input->connection, &message));
}

enum hv_status hv_signal_event(void *context, const void *header, const void *element, void *output)
{
    const struct hv_signal_event *input = header;

    (void)element;
    (void)output;
    if (input->zero)
        return HV_STATUS_INVALID_PARAMETER;
    return or_intercept(context, vtl_port_signal(context, input->connection, input->flag));
}

/* --- Direct ----------------------------------------------------------------------------------- */

/* What both calls begin with. */
static enum hv_status find_target(struct vtl_vp *caller, uint64_t partition, uint32_t index,
                                  unsigned vtl, struct vtl_vp **vp)
{
    enum hv_status status;

    if (caller->active == 0)
        return HV_STATUS_OPERATION_DENIED;
    if (partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    status = check_vtl(caller, vtl);
    return status == HV_STATUS_SUCCESS ? find_vp(caller, index, vp) : status;
}

static bool is_zero(const uint8_t bytes[3])
{
    return !bytes[0] && !bytes[1] && !bytes[2];
}

enum hv_status hv_post_message_direct(void *context, const void *header, const void *element,
                                      void *output)
{
    const struct hv_post_message_direct *input = header;
    struct hv_message message;
    struct vtl_vp *vp;
    enum hv_status status =
        find_target(context, input->partition, input->vp, input->vtl, &vp);

    (void)element;
    (void)output;
    if (status != HV_STATUS_SUCCESS)
        return status;
    memcpy(&message, input->message, sizeof(message));
    if (!is_zero(input->zero) || !is_zero(input->zero2) || input->sint >= HV_SYNIC_SINTS ||
        message.type == HV_MESSAGE_NONE || message.payload_size > HV_MESSAGE_PAYLOAD)
        return HV_STATUS_INVALID_PARAMETER;
    return vtl_port_status(synic_post_direct(vp, input->vtl, input->sint, &message));
}

static enum hv_status signal_direct(struct vtl_vp *caller,
                                    const struct hv_signal_event_direct *input, bool *newly)
{
    struct vtl_vp *vp;
    enum hv_status status = find_target(caller, input->partition, input->vp, input->vtl, &vp);

    if (status != HV_STATUS_SUCCESS)
        return status;
    /* SINT 0 is for messages of the hypervisor. */
    if (input->sint == 0 || input->sint >= HV_SYNIC_SINTS || input->flag >= HV_EVENT_FLAGS)
        return HV_STATUS_INVALID_PARAMETER;
    return vtl_port_status(synic_signal(vp, input->vtl, input->sint, input->flag, newly));
}

enum hv_status hv_signal_event_direct(void *context, const void *header, const void *element,
                                      void *output)
{
    struct hv_signal_event_direct_output *result = output;
    bool newly = false;
    enum hv_status status = signal_direct(context, header, &newly);

    (void)element;
    result->newly = newly;
    return status;
}

/* Reading one word is enough for a VTL that has noted nothing. */
static bool take_return_actions(const struct vtl_vp *vp, return_action actions[RETURN_ACTIONS])
{
    static const return_action none[RETURN_ACTIONS];
    uint64_t page = vp->level[vp->active].assist_page, first;
    uint64_t gpa = (page & HV_PAGE_REGISTER_ADDRESS) + ASSIST_RETURN_ACTIONS;

    if (!(page & HV_PAGE_REGISTER_ENABLE) ||
        vtl_memory_read(vp->partition, vp->active, gpa, &first, sizeof(first)) < 0 ||
        first == ACTION_NONE)
        return false;
    /* What cannot be removed would be carried out again and again. */
    return vtl_memory_read(vp->partition, vp->active, gpa, actions, sizeof(none)) == 0 &&
           vtl_memory_write(vp->partition, vp->active, gpa, none, sizeof(none)) == 0;
}

void vtl_perform_return_actions(struct vtl_vp *vp)
{
    return_action actions[RETURN_ACTIONS];

    if (!take_return_actions(vp, actions))
        return;
    for (unsigned i = 0; i < RETURN_ACTIONS && actions[i].partition == ACTION_SIGNAL_EVENT; i++) {
        bool newly;

        actions[i].partition = HV_PARTITION_SELF;
        signal_direct(vp, &actions[i], &newly);
    }
}

/* --- Ports and connections -------------------------------------------------------------------- */

enum hv_status hv_create_port(void *context, const void *header, const void *element, void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_create_port *input = header;
    struct vtl_port_settings settings = {
        .id = input->port,
        .type = (enum hv_port_type)input->type,
        .vtl = input->vtl,
        .min_connection_vtl = input->min_connection_vtl,
        .vp = input->vp,
        .sint = input->sint,
        .base_flag = input->base_flag,
        .flag_count = input->flag_count,
    };
    bool event = settings.type == HV_PORT_EVENT;
    enum hv_status status = check_vtl(caller, input->vtl);

    (void)element;
    (void)output;
    if (input->partition != HV_PARTITION_SELF ||
        (input->connection_partition && input->connection_partition != HV_PARTITION_SELF))
        return HV_STATUS_INVALID_PARTITION_ID;
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->zero || input->zero2 || input->zero3 ||
        (!event && (input->base_flag || input->flag_count)))
        return HV_STATUS_INVALID_PARAMETER;
    settings.vp = input->vp == HV_VP_SELF ? caller->index : input->vp;
    return vtl_port_create(caller->partition, &settings);
}

/* What the two short calls have in common. */
static enum hv_status end(const struct vtl_vp *caller, const struct hv_delete_port *input,
                          enum hv_status (*act)(struct vtl_partition *partition, unsigned vtl,
                                                uint32_t id))
{
    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    return input->zero ? HV_STATUS_INVALID_PARAMETER
                       : act(caller->partition, caller->active, input->id);
}

enum hv_status hv_delete_port(void *context, const void *header, const void *element, void *output)
{
    (void)element;
    (void)output;
    return end(context, header, vtl_port_delete);
}

enum hv_status hv_disconnect_port(void *context, const void *header, const void *element,
                                  void *output)
{
    (void)element;
    (void)output;
    return end(context, header, vtl_port_disconnect);
}

enum hv_status hv_connect_port(void *context, const void *header, const void *element, void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_connect_port *input = header;
    enum hv_status status = check_vtl(caller, input->vtl);

    (void)element;
    (void)output;
    if (input->connection_partition != HV_PARTITION_SELF ||
        input->port_partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!is_zero(input->zero) || input->zero2 || input->zero3 || input->zero4[0] ||
        input->zero4[1] || input->zero4[2])
        return HV_STATUS_INVALID_PARAMETER;
    return vtl_port_connect(caller->partition, input->vtl, input->connection, input->port,
                            (enum hv_port_type)input->type);
}
