/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests send through the SynIC, by hypercall. Layouts: TLFS, "Hypercall Reference"; that of
 * HvCallPostMessageDirect as in OpenVMM, hvdef, and Linux, which put the message 4 bytes further
 * back than the TLFS does: a caller that follows the TLFS has bytes set that must be zero.
 *
 * HvCallPostMessageDirect and HvCallSignalEventDirect are for VTLs above VTL0 and lead to VTLs that
 * are not above the caller, of any VP. OPERATION_DENIED: the caller is VTL0 (as in OpenVMM,
 * virt_whp). They do not queue: OBJECT_IN_USE says that the slot is busy, and
 * DeliverabilityNotifications tell when it no longer is.
 */
#ifndef VTL_PORT_CALL_H
#define VTL_PORT_CALL_H

#include "vtl/partition.h"

/* HvCallPostMessage. */
struct hv_post_message {
    uint32_t connection;
    uint32_t zero;
    uint32_t type; /* bit 31 is the hypervisor's */
    uint32_t size; /* bytes of the payload */
    uint8_t payload[HV_MESSAGE_PAYLOAD];
};
#define HV_MESSAGE_TYPE_HYPERVISOR (1u << 31)

/* HvCallSignalEvent. */
struct hv_signal_event {
    uint32_t connection;
    uint16_t flag;
    uint16_t zero;
};

/* HvCallPostMessageDirect. */
struct hv_post_message_direct {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl; /* here and below a plain number, no HV_INPUT_VTL */
    uint8_t zero[3];
    uint8_t sint;
    uint8_t zero2[3];
    uint8_t message[sizeof(struct hv_message)]; /* not in its alignment */
    uint32_t padding;
};

/* HvCallSignalEventDirect, and an action of a VTL return. */
struct hv_signal_event_direct {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl;
    uint8_t sint;
    uint16_t flag;
};

struct hv_signal_event_direct_output {
    uint8_t newly; /* the flag was not set before */
    uint8_t zero[7];
};

/* HvCallCreatePort; proximity domains mean nothing here. */
struct hv_create_port {
    uint64_t partition;
    uint32_t port;
    uint8_t vtl;
    uint8_t min_connection_vtl;
    uint16_t zero;
    uint64_t connection_partition; /* the one that may connect; 0: none in particular */
    uint32_t type; /* HV_PORT_INFO: enum hv_port_type */
    uint32_t zero2;
    uint32_t sint;
    uint32_t vp;
    uint16_t base_flag, flag_count; /* of an event port */
    uint32_t zero3;
    uint64_t proximity;
};

/* HvCallDeletePort, and HvCallDisconnectPort with a connection instead of the port. */
struct hv_delete_port {
    uint64_t partition;
    uint32_t id;
    uint32_t zero;
};

/* HvCallConnectPort. */
struct hv_connect_port {
    uint64_t connection_partition;
    uint32_t connection;
    uint8_t vtl;
    uint8_t zero[3];
    uint64_t port_partition;
    uint32_t port;
    uint32_t zero2;
    uint32_t type; /* HV_CONNECTION_INFO: must be the port's */
    uint32_t zero3;
    uint64_t zero4[3];
    uint64_t proximity;
};

/* Rows of vtl_calls: the context is the caller, a struct vtl_vp. */
enum hv_status hv_post_message(void *context, const void *header, const void *element,
                               void *output);
enum hv_status hv_signal_event(void *context, const void *header, const void *element,
                               void *output);
enum hv_status hv_post_message_direct(void *context, const void *header, const void *element,
                                      void *output);
enum hv_status hv_signal_event_direct(void *context, const void *header, const void *element,
                                      void *output);
enum hv_status hv_create_port(void *context, const void *header, const void *element, void *output);
enum hv_status hv_delete_port(void *context, const void *header, const void *element, void *output);
enum hv_status hv_connect_port(void *context, const void *header, const void *element,
                               void *output);
enum hv_status hv_disconnect_port(void *context, const void *header, const void *element,
                                  void *output);

/*
 * Carries out and removes what the active VTL of @vp has noted in its VP assist page for when it
 * returns to a lower one (VtlReturnActions: OpenVMM, hvdef, HvVpAssistPageActionSignalEvent). What
 * is malformed or refused has no effect, and ends nothing but itself; an unknown type ends all.
 */
void vtl_perform_return_actions(struct vtl_vp *vp);

#endif
